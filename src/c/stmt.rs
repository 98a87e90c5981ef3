//! Statements, blocks and the declarations in them.

use std::sync::Arc;

use lang_c::{
    ast::{
        AsmStatement, BlockItem, ForInitializer, ForStatement, GnuAsmOperand,
        GnuExtendedAsmStatement, Label, LabeledStatement, Statement, StringLiteral,
        SwitchStatement, TypeQualifier,
    },
    span::Node,
};

use super::{
    codes, const_eval,
    convert::Purpose,
    describe, literal,
    prepare::name,
    sema::{Checked, Reported, Sema, Switch, plain, unqualified},
    tree::{Asm, AsmOperand, Block, Expr, Local, LocalId, Stmt, StmtKind},
    types::{CType, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

impl Sema<'_> {
    /// The locals of the function that is being read.
    pub fn locals(&mut self) -> Option<&mut Vec<Local>> {
        let id = self.current.as_ref()?.id;
        let function = self.tree.functions.get_mut(id.0 as usize)?;
        Some(&mut function.locals)
    }

    /// Adds a local variable or parameter.
    pub fn new_local(&mut self, local: Local) -> Option<LocalId> {
        let locals = self.locals()?;
        let id = LocalId(u32::try_from(locals.len()).ok()?);
        locals.push(local);
        Some(id)
    }

    /// Remembers that the function has an error.
    pub fn spoil(&mut self) {
        if let Some(current) = &mut self.current {
            current.broken = true;
        }
    }

    /// Reads `{ … }` in a scope of its own.
    pub fn block(&mut self, items: &[Node<BlockItem>], span: Option<Span>) -> Block {
        self.value_block(items, span).0
    }

    /// Reads the block of a statement expression: the block, and the type of its value.
    pub fn value_block(&mut self, items: &[Node<BlockItem>], span: Option<Span>) -> (Block, CType) {
        let mut stmts = self.scoped(|sema| sema.block_items(items));
        let mut ty = plain(Kind::Void);
        if let Some(value) = stmts.last_mut().and_then(value_of) {
            let void = super::sema::plain(Kind::Void);
            let placeholder = self.int(0, value.span);
            let read = std::mem::replace(value, placeholder);
            let read = self.rvalue(read);
            ty = if read.ty.kind == Kind::Void {
                void
            } else {
                unqualified(&read.ty)
            };
            *value = read;
        }
        (Block { stmts, span }, ty)
    }

    /// Reads what stands in a block, in the current scope; what has errors is left out.
    pub fn block_items(&mut self, items: &[Node<BlockItem>]) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        for item in items {
            let read = match &item.node {
                BlockItem::Declaration(declaration) => {
                    self.local_declaration(declaration, &mut stmts)
                }
                BlockItem::StaticAssert(assertion) => self.static_assert(assertion),
                BlockItem::Statement(statement) => {
                    self.statement(statement).map(|stmt| stmts.push(stmt))
                }
            };
            if read.is_err() {
                self.spoil();
            }
        }
        stmts
    }

    /// Reads a statement.
    pub fn statement(&mut self, node: &Node<Statement>) -> Checked<Stmt> {
        let span = self.span(node.span);
        let mut kind = self.deeper(span, |sema| sema.statement_kind(&node.node, span))?;
        if let StmtKind::For { unroll, .. } = &mut kind {
            *unroll = self.origin.unroll(node.span.start);
        }
        Ok(Stmt { kind, span })
    }

    fn statement_kind(&mut self, node: &Statement, span: Span) -> Checked<StmtKind> {
        Ok(match node {
            Statement::Labeled(node) => return self.labeled(&node.node, span),
            Statement::Compound(items) => StmtKind::Block(self.block(items, Some(span))),
            Statement::Expression(None) => StmtKind::Empty,
            Statement::Expression(Some(expr)) => StmtKind::Expr(self.expression(expr)?),
            Statement::If(node) => {
                let node = &node.node;
                let cond = self.condition(&node.condition);
                let then = self.statement(&node.then_statement);
                let other = match &node.else_statement {
                    Some(other) => Some(Box::new(self.statement(other)?)),
                    None => None,
                };
                StmtKind::If(cond?, Box::new(then?), other)
            }
            Statement::Switch(node) => return self.switch(&node.node),
            Statement::While(node) => {
                let cond = self.condition(&node.node.expression);
                let body = self.loop_body(&node.node.statement);
                StmtKind::While(cond?, Box::new(body?))
            }
            Statement::DoWhile(node) => {
                let body = self.loop_body(&node.node.statement);
                let cond = self.condition(&node.node.expression);
                StmtKind::DoWhile(Box::new(body?), cond?)
            }
            Statement::For(node) => return self.scoped(|sema| sema.for_loop(&node.node)),
            Statement::Goto(label) => {
                let at = self.span(label.span);
                let label = name(&label.node.name);
                if let Some(current) = &mut self.current {
                    current.gotos.push((Arc::clone(&label), at));
                }
                StmtKind::Goto(label)
            }
            Statement::Continue => {
                let in_loop = self.current.as_ref().is_some_and(|now| now.loops > 0);
                if !in_loop {
                    return Err(self.misplaced("continue", "a loop", span));
                }
                StmtKind::Continue
            }
            Statement::Break => {
                let breakable = self
                    .current
                    .as_ref()
                    .is_some_and(|now| now.loops > 0 || !now.switches.is_empty());
                if !breakable {
                    return Err(self.misplaced("break", "a loop or a `switch`", span));
                }
                StmtKind::Break
            }
            Statement::Return(value) => return self.return_(value.as_deref(), span),
            Statement::Asm(node) => StmtKind::Asm(Box::new(self.asm(&node.node, span)?)),
        })
    }

    fn misplaced(&mut self, keyword: &str, within: &str, span: Span) -> Reported {
        let message = format!("`{keyword}` stands outside {within}");
        self.error(codes::JUMP, span, message)
    }

    fn condition(&mut self, node: &Node<lang_c::ast::Expression>) -> Checked<Expr> {
        let expr = self.expression(node)?;
        self.scalar(expr)
    }

    fn loop_body(&mut self, node: &Node<Statement>) -> Checked<Stmt> {
        if let Some(current) = &mut self.current {
            current.loops += 1;
        }
        let body = self.statement(node);
        if let Some(current) = &mut self.current {
            current.loops -= 1;
        }
        body
    }

    fn for_loop(&mut self, node: &ForStatement) -> Checked<StmtKind> {
        let mut init = Vec::new();
        let read = match &node.initializer.node {
            ForInitializer::Empty => Ok(()),
            ForInitializer::Expression(expr) => self.expression(expr).map(|expr| {
                let span = expr.span;
                init.push(Stmt {
                    kind: StmtKind::Expr(expr),
                    span,
                });
            }),
            ForInitializer::Declaration(declaration) => {
                self.local_declaration(declaration, &mut init)
            }
            ForInitializer::StaticAssert(assertion) => self.static_assert(assertion),
        };
        let cond = match &node.condition {
            Some(cond) => self.condition(cond).map(Some),
            None => Ok(None),
        };
        let step = match &node.step {
            Some(step) => self.expression(step).map(Some),
            None => Ok(None),
        };
        let body = self.loop_body(&node.statement);
        read?;
        Ok(StmtKind::For {
            init,
            cond: cond?,
            step: step?,
            body: Box::new(body?),
            unroll: None,
        })
    }

    fn switch(&mut self, node: &SwitchStatement) -> Checked<StmtKind> {
        let value = self.expression(&node.expression).and_then(|value| {
            let value = self.rvalue(value);
            if self.is_integer(&value.ty) {
                return Ok(self.promote(value));
            }
            let described = describe::ty(&self.tree.types, &value.ty);
            let message = format!("`switch` takes an integer, not `{described}`");
            Err(self.error(codes::OPERANDS, value.span, message))
        });
        let ty = value
            .as_ref()
            .map_or(plain(Kind::Void), |value| unqualified(&value.ty));
        if let Some(current) = &mut self.current {
            current.switches.push(Switch {
                ty,
                cases: Vec::new(),
                has_default: false,
            });
        }
        let body = self.statement(&node.statement);
        if let Some(current) = &mut self.current {
            current.switches.pop();
        }
        Ok(StmtKind::Switch(value?, Box::new(body?)))
    }

    fn labeled(&mut self, node: &LabeledStatement, span: Span) -> Checked<StmtKind> {
        let label = match &node.label.node {
            Label::Identifier(label) => self.goto_label(&label.node.name, span),
            Label::Case(value) => self
                .case_value(value)
                .and_then(|low| self.case(low, low, span)),
            Label::CaseRange(range) => {
                let low = self.case_value(&range.node.low);
                let high = self.case_value(&range.node.high);
                low.and_then(|low| self.case(low, high?, span))
            }
            Label::Default => self.default_label(span),
        };
        let statement = Box::new(self.statement(&node.statement)?);
        Ok(match label? {
            LabelKind::Goto(label) => StmtKind::Label(label, statement),
            LabelKind::Case(low, high) => StmtKind::Case(low, high, statement),
            LabelKind::Default => StmtKind::Default(statement),
        })
    }

    fn goto_label(&mut self, label: &str, span: Span) -> Checked<LabelKind> {
        let label = name(label);
        let known = match &mut self.current {
            Some(current) => current.labels.insert(Arc::clone(&label), span),
            None => None,
        };
        if let Some(first) = known {
            let diagnostic = Diagnostic::error(
                codes::JUMP,
                span,
                format!("the label `{label}` stands twice in this function"),
            )
            .note(first, "first here");
            return Err(self.report(diagnostic));
        }
        Ok(LabelKind::Goto(label))
    }

    fn default_label(&mut self, span: Span) -> Checked<LabelKind> {
        let innermost = self
            .current
            .as_mut()
            .and_then(|current| current.switches.last_mut());
        match innermost {
            None => Err(self.misplaced("default", "a `switch`", span)),
            Some(switch) if switch.has_default => {
                Err(self.error(codes::JUMP, span, "this `switch` has two `default`s"))
            }
            Some(switch) => {
                switch.has_default = true;
                Ok(LabelKind::Default)
            }
        }
    }

    /// A case's value in the type of its `switch`.
    fn case_value(&mut self, node: &Node<lang_c::ast::Expression>) -> Checked<i128> {
        let expr = self.unevaluated(node)?;
        let value = self.constant(&expr)?;
        let ty = self
            .current
            .as_ref()
            .and_then(|current| current.switches.last())
            .map(|switch| switch.ty.clone());
        let wrapped = ty.and_then(|ty| const_eval::wrap(&self.tree.types, &ty, value));
        Ok(wrapped.unwrap_or(value))
    }

    fn case(&mut self, low: i128, high: i128, span: Span) -> Checked<LabelKind> {
        let innermost = self
            .current
            .as_mut()
            .and_then(|current| current.switches.last_mut());
        let Some(switch) = innermost else {
            return Err(self.misplaced("case", "a `switch`", span));
        };
        let overlaps = switch
            .cases
            .iter()
            .any(|(other_low, other_high)| low <= *other_high && *other_low <= high);
        switch.cases.push((low, high));
        if overlaps {
            let message = format!("this `switch` has a case for {low} already");
            return Err(self.error(codes::JUMP, span, message));
        }
        Ok(LabelKind::Case(low, high))
    }

    fn return_(
        &mut self,
        value: Option<&Node<lang_c::ast::Expression>>,
        span: Span,
    ) -> Checked<StmtKind> {
        let ret = match &self.current {
            Some(current) => current.ret.clone(),
            None => return Err(self.misplaced("return", "a function", span)),
        };
        let Some(node) = value else {
            if ret.kind == Kind::Void {
                return Ok(StmtKind::Return(None));
            }
            let described = describe::ty(&self.tree.types, &ret);
            let message = format!("this function returns `{described}`, and no value is given");
            return Err(self.error(codes::CONVERSION, span, message));
        };
        let value = self.expression(node)?;
        if ret.kind == Kind::Void {
            if value.ty.kind == Kind::Void {
                // `return call();` of a function without a value.
                return Ok(StmtKind::Return(Some(value)));
            }
            let message = "this function returns nothing, and a value is given";
            return Err(self.error(codes::CONVERSION, value.span, message));
        }
        let value = self.assign_to(value, &ret, Purpose::Return)?;
        Ok(StmtKind::Return(Some(value)))
    }

    fn asm(&mut self, node: &AsmStatement, span: Span) -> Checked<Asm> {
        match node {
            AsmStatement::GnuBasic(text) => Ok(Asm {
                text: self.asm_text(&text.node, span)?,
                volatile: true,
                outputs: Vec::new(),
                inputs: Vec::new(),
                clobbers: Vec::new(),
            }),
            AsmStatement::GnuExtended(asm) => self.extended_asm(asm, span),
        }
    }

    fn extended_asm(&mut self, asm: &GnuExtendedAsmStatement, span: Span) -> Checked<Asm> {
        let volatile = asm
            .qualifier
            .as_ref()
            .is_some_and(|qualifier| qualifier.node == TypeQualifier::Volatile);
        let mut clobbers = Vec::new();
        for clobber in &asm.clobbers {
            let bytes = self.asm_text(&clobber.node, span)?;
            clobbers.push(name(&String::from_utf8_lossy(&bytes)));
        }
        Ok(Asm {
            text: self.asm_text(&asm.template.node, span)?,
            volatile: volatile || asm.outputs.is_empty(),
            outputs: self.asm_operands(&asm.outputs, false)?,
            inputs: self.asm_operands(&asm.inputs, true)?,
            clobbers,
        })
    }

    fn asm_operands(
        &mut self,
        operands: &[Node<GnuAsmOperand>],
        inputs: bool,
    ) -> Checked<Vec<AsmOperand>> {
        let mut read = Vec::new();
        for operand in operands {
            let span = self.span(operand.span);
            let operand = &operand.node;
            let symbol = operand
                .symbolic_name
                .as_ref()
                .map(|symbol| name(&symbol.node.name));
            let constraint = self.asm_text(&operand.constraints.node, span)?;
            let mut value = self.expression(&operand.variable_name)?;
            if inputs && !constraint.starts_with(b"+") {
                value = self.rvalue(value);
            }
            read.push((symbol, name(&String::from_utf8_lossy(&constraint)), value));
        }
        Ok(read)
    }

    fn asm_text(&mut self, parts: &StringLiteral, span: Span) -> Checked<Vec<u8>> {
        literal::bytes(parts).ok_or_else(|| {
            self.error(
                codes::LITERAL,
                span,
                "this string has an escape that C doesn't know",
            )
        })
    }

    /// Reports jumps to labels that the function doesn't have.
    pub fn check_labels(&mut self) {
        let Some(current) = &mut self.current else {
            return;
        };
        let gotos = std::mem::take(&mut current.gotos);
        let missing: Vec<(Arc<str>, Span)> = gotos
            .into_iter()
            .filter(|(label, _)| !current.labels.contains_key(label))
            .collect();
        for (label, span) in missing {
            self.error(
                codes::JUMP,
                span,
                format!("this function has no label `{label}`"),
            );
            self.spoil();
        }
    }
}

/// The expression that a statement is, behind its labels.
fn value_of(mut stmt: &mut Stmt) -> Option<&mut Expr> {
    loop {
        match &mut stmt.kind {
            StmtKind::Label(_, inner) => stmt = inner,
            StmtKind::Expr(value) => return Some(value),
            _ => return None,
        }
    }
}

/// What a label is.
enum LabelKind {
    Goto(Arc<str>),
    Case(i128, i128),
    Default,
}
