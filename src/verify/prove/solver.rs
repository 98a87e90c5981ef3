//! An SMT solver that runs beside us: SMT-LIB 2 goes in, answers come out.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use super::{
    eval::{Model, Values},
    term::{Binary, Node, Pool, SymbolId, Term, mask},
};
use crate::verify::{
    error::{Result, fail},
    world::Stable,
};

/// What z3 is called with, which Debian and others have as a package.
const Z3: [&str; 2] = ["z3", "-in"];

/// What a solver says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It holds for these values.
    Holds(Model),
    /// It never holds.
    Never,
    /// It could not say in time.
    Unknown,
}

/// A solver, found or named by the user.
#[derive(Debug)]
pub struct Solver {
    command: Vec<String>,
    /// For one question.
    pub limit: Duration,
    running: Option<Running>,
    /// Questions asked so far.
    pub asked: u64,
    /// The time they took.
    pub time: Duration,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    told: HashSet<Term, Stable>,
    functions: HashSet<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Solver {
    /// The solver of that command, by default z3; `limit` is for one question.
    ///
    /// # Errors
    ///
    /// Where it doesn't run.
    pub fn new(command: Option<&str>, limit: Duration) -> Result<Self> {
        let command = match command {
            Some(text) => shlex::split(text).unwrap_or_default(),
            None => Z3.map(str::to_owned).to_vec(),
        };
        let mut solver = Self {
            command,
            limit,
            running: None,
            asked: 0,
            time: Duration::ZERO,
        };
        if solver.start().is_none() {
            fail!(
                "--prove needs an SMT solver, and {:?} doesn't run: install z3 (apt install z3, \
                 dnf install z3, brew install z3), or name another with --solver",
                solver.command.join(" ")
            );
        }
        Ok(solver)
    }

    /// That has no answer to anything.
    pub fn none() -> Self {
        Self {
            command: Vec::new(),
            limit: Duration::ZERO,
            running: None,
            asked: 0,
            time: Duration::ZERO,
        }
    }

    /// Starts the process, if it isn't there, and sees whether it answers.
    fn start(&mut self) -> Option<&mut Running> {
        if self.running.is_none() {
            let (program, arguments) = self.command.split_first()?;
            let mut child = Command::new(program)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let input = child.stdin.take()?;
            let output = child.stdout.take()?;
            let (sender, lines) = channel();
            thread::spawn(move || {
                for line in BufReader::new(output).lines() {
                    let Ok(line) = line else { return };
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
            let mut running = Running {
                child,
                input,
                lines,
                told: HashSet::default(),
                functions: HashSet::new(),
            };
            let hello = "(set-option :produce-models true)\n(set-logic QF_UFBV)\n(check-sat)\n";
            running.input.write_all(hello.as_bytes()).ok()?;
            running.input.flush().ok()?;
            let end = Instant::now() + Duration::from_secs(20);
            // Some say something about options first.
            while running.line(end)?.trim() != "sat" {}
            self.running = Some(running);
        }
        self.running.as_mut()
    }

    /// Whether all `facts` can hold at once; where they do, with the values of all symbols in
    /// them.
    pub fn ask(&mut self, pool: &Pool, facts: &[Term]) -> Answer {
        self.asked += 1;
        let begun = Instant::now();
        let limit = self.limit;
        let answer = self
            .start()
            .and_then(|running| running.ask(pool, facts, begun + limit));
        self.time += begun.elapsed();
        answer.unwrap_or_else(|| {
            // What it was asked last is no longer of interest, and it may still think about it.
            self.running = None;
            Answer::Unknown
        })
    }
}

impl Running {
    fn line(&mut self, end: Instant) -> Option<String> {
        let left = end.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left).ok()
    }

    fn say(&mut self, text: &str) -> Option<()> {
        self.input.write_all(text.as_bytes()).ok()?;
        self.input.flush().ok()
    }

    fn ask(&mut self, pool: &Pool, facts: &[Term], end: Instant) -> Option<Answer> {
        let all = pool.reachable(facts);
        let mut text = String::new();
        for &term in &all {
            if self.told.insert(term) {
                self.define(pool, term, &mut text)?;
            }
        }
        text.push_str("(push 1)\n");
        for &term in &all {
            text.push_str(&quotient(pool, term).unwrap_or_default());
        }
        for &fact in facts {
            writeln!(text, "(assert {})", name(pool, fact)).ok()?;
        }
        text.push_str("(check-sat)\n");
        self.say(&text)?;
        let answer = match self.line(end)?.trim() {
            "sat" => Answer::Holds(self.model(pool, &all, end)?),
            "unsat" => Answer::Never,
            // Also a complaint, after which nothing can be relied on.
            _ => return None,
        };
        self.say("(pop 1)\n")?;
        Some(answer)
    }

    fn define(&mut self, pool: &Pool, term: Term, text: &mut String) -> Option<()> {
        let width = pool.width(term);
        match *pool.node(term) {
            Node::Const(_) => {}
            _ if quotient(pool, term).is_some() => {
                writeln!(text, "(declare-fun t{} () {})", term.id(), sort(width)).ok()?;
            }
            Node::Apply(symbol, ref arguments) => {
                let function = function(pool, symbol, arguments, width);
                if self.functions.insert(function.clone()) {
                    let sorts: Vec<_> = arguments
                        .iter()
                        .map(|&argument| sort(pool.width(argument)))
                        .collect();
                    let sorts = sorts.join(" ");
                    writeln!(text, "(declare-fun {function} ({sorts}) {})", sort(width)).ok()?;
                }
                let mut call = function;
                if !arguments.is_empty() {
                    let names: Vec<_> = arguments.iter().map(|&one| name(pool, one)).collect();
                    call = format!("({call} {})", names.join(" "));
                }
                writeln!(
                    text,
                    "(define-fun t{} () {} {call})",
                    term.id(),
                    sort(width)
                )
                .ok()?;
            }
            _ => {
                let body = body(pool, term);
                writeln!(
                    text,
                    "(define-fun t{} () {} {body})",
                    term.id(),
                    sort(width)
                )
                .ok()?;
            }
        }
        Some(())
    }

    /// The values of all applications in `all`, by which everything else is known.
    fn model(&mut self, pool: &Pool, all: &[Term], end: Instant) -> Option<Model> {
        let applied: Vec<Term> = all
            .iter()
            .copied()
            .filter(|&term| matches!(*pool.node(term), Node::Apply(..)))
            .collect();
        let mut found = HashMap::new();
        for chunk in applied.chunks(200) {
            let names: Vec<_> = chunk.iter().map(|&term| name(pool, term)).collect();
            self.say(&format!("(get-value ({}))\n", names.join(" ")))?;
            let mut answer = String::new();
            let mut depth = 0_i64;
            loop {
                let line = self.line(end)?;
                depth += line.matches('(').count() as i64 - line.matches(')').count() as i64;
                answer.push_str(&line);
                answer.push(' ');
                if depth <= 0 {
                    break;
                }
            }
            let mut words = answer
                .split(|letter: char| letter.is_whitespace() || letter == '(' || letter == ')')
                .filter(|word| !word.is_empty());
            while let Some(word) = words.next() {
                let id: u32 = word.strip_prefix('t')?.parse().ok()?;
                let value = words.next()?;
                let value = match value {
                    "true" => 1,
                    "false" => 0,
                    // (_ bv7 32)
                    "_" => {
                        let value = words.next()?.strip_prefix("bv")?.parse().ok()?;
                        words.next()?;
                        value
                    }
                    _ => match (value.strip_prefix("#x"), value.strip_prefix("#b")) {
                        (Some(digits), _) => u64::from_str_radix(digits, 16).ok()?,
                        (_, Some(digits)) => u64::from_str_radix(digits, 2).ok()?,
                        _ => return None,
                    },
                };
                found.insert(id, value);
            }
        }
        // Arguments are made of what comes before.
        let mut model = Model::default();
        let mut values = Values::default();
        for &term in all {
            if let Node::Apply(symbol, arguments) = &*pool.node(term) {
                let arguments = arguments
                    .iter()
                    .map(|argument| values.get(argument).copied().unwrap_or(0))
                    .collect();
                let value = found.get(&term.id()).copied()?;
                model.values.insert((*symbol, arguments), value);
            }
            let value = pool.value(term, &model, &values);
            values.insert(term, value);
        }
        Some(model)
    }
}

/// One of each symbol and width of arguments.
fn function(pool: &Pool, symbol: SymbolId, arguments: &[Term], width: u8) -> String {
    let mut name = format!("f{}_{width}", symbol.number());
    for &argument in arguments {
        // Writing into a string can't fail.
        let _ = write!(name, "_{}", pool.width(argument));
    }
    name
}

fn sort(width: u8) -> String {
    match width {
        1 => "Bool".to_owned(),
        _ => format!("(_ BitVec {width})"),
    }
}

fn name(pool: &Pool, term: Term) -> String {
    match (pool.number(term), pool.width(term)) {
        (Some(number), 1) => (number == 1).to_string(),
        (Some(number), width) => format!("(_ bv{number} {width})"),
        (None, _) => format!("t{}", term.id()),
    }
}

/// As a bit-vector where it is a truth value.
fn bits(pool: &Pool, term: Term) -> String {
    let name = name(pool, term);
    if pool.width(term) == 1 {
        format!("(ite {name} #b1 #b0)")
    } else {
        name
    }
}

fn body(pool: &Pool, term: Term) -> String {
    let width = pool.width(term);
    let one = |term: Term| name(pool, term);
    match *pool.node(term) {
        Node::Const(_) | Node::Apply(..) => one(term),
        Node::Sum(ref terms, constant) => {
            let mut sum = format!("(_ bv{constant} {width})");
            for &(term, factor) in terms {
                let product = match factor {
                    1 => one(term),
                    _ => format!("(bvmul (_ bv{factor} {width}) {})", one(term)),
                };
                sum = format!("(bvadd {sum} {product})");
            }
            sum
        }
        Node::Not(inner) if width == 1 => format!("(not {})", one(inner)),
        Node::Not(inner) => format!("(bvnot {})", one(inner)),
        Node::Extend(inner) => {
            format!(
                "((_ sign_extend {}) {})",
                width - pool.width(inner),
                bits(pool, inner)
            )
        }
        Node::Extract(from, low) if width == 1 => {
            format!("(= ((_ extract {low} {low}) {}) #b1)", one(from))
        }
        Node::Extract(from, low) => {
            format!("((_ extract {} {low}) {})", low + width - 1, one(from))
        }
        Node::Concat(ref parts) => {
            let parts: Vec<_> = parts.iter().map(|&part| bits(pool, part)).collect();
            format!("(concat {})", parts.join(" "))
        }
        Node::If(condition, yes, no) => {
            format!("(ite {} {} {})", one(condition), one(yes), one(no))
        }
        Node::Binary(op, left, right) => {
            let (a, b) = (one(left), one(right));
            let size = pool.width(left);
            let by_zero =
                |yes: &str, no: String| format!("(ite (= {b} (_ bv0 {size})) {yes} {no})");
            let name = match op {
                Binary::Div => {
                    return by_zero(&format!("(_ bv0 {size})"), format!("(bvudiv {a} {b})"));
                }
                Binary::Rem => return by_zero(&a, format!("(bvurem {a} {b})")),
                Binary::SignedDiv => {
                    return by_zero(&format!("(_ bv0 {size})"), format!("(bvsdiv {a} {b})"));
                }
                Binary::SignedRem => return by_zero(&a, format!("(bvsrem {a} {b})")),
                Binary::And if width == 1 => "and",
                Binary::Or if width == 1 => "or",
                Binary::Xor if width == 1 => "xor",
                Binary::Mul => "bvmul",
                Binary::And => "bvand",
                Binary::Or => "bvor",
                Binary::Xor => "bvxor",
                Binary::ShiftLeft => "bvshl",
                Binary::ShiftRight => "bvlshr",
                Binary::ArithmeticShift => "bvashr",
                Binary::Equal => "=",
                Binary::Less => "bvult",
                Binary::SignedLess => "bvslt",
            };
            format!("({name} {a} {b})")
        }
    }
}

/// What a quotient by a number is, said with a product: solvers find that easier than division.
fn quotient(pool: &Pool, term: Term) -> Option<String> {
    let Node::Binary(Binary::Div, left, by) = *pool.node(term) else {
        return None;
    };
    let by = pool.number(by).filter(|&by| by > 1)?;
    let width = pool.width(term);
    let (left, quotient) = (name(pool, left), name(pool, term));
    let most = mask(width) / by;
    let product = format!("(bvmul (_ bv{by} {width}) {quotient})");
    Some(format!(
        "(assert (and (bvule {quotient} (_ bv{most} {width})) (bvule {product} {left}) \
         (bvult (bvsub {left} {product}) (_ bv{by} {width}))))\n"
    ))
}
