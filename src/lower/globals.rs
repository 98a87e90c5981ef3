//! Variables with static storage: maps, options, constants, counters, the license.

use super::{Lowerer, Role, body::Body, calls::section_of, codes};
use crate::{
    c::{
        attribute,
        tree::{Attribute, Init as CInit, Variable, VariableId},
        types::{CType, Kind},
    },
    diag::Diagnostic,
    ir::{Global, GlobalId, GlobalKind, Item, License, Notes, body::Init},
};

/// Whether the kernel wraps its system calls: what `BPF_KSYSCALL` looks at.
const WRAPPER_FLAG: &str = "LINUX_HAS_SYSCALL_WRAPPER";

impl<'a> Lowerer<'a> {
    /// What a variable is; taken along at its first use.
    pub(super) fn role(&mut self, id: VariableId) -> Role {
        if let Some(&role) = self.roles.get(&id) {
            return role;
        }
        let Some(variable) = self.tree.variables.get(id.0 as usize) else {
            return Role::Refused;
        };
        // An initialiser may mention the variable itself.
        self.roles.insert(id, Role::Refused);
        let role = self.new_role(id, variable);
        self.roles.insert(id, role);
        role
    }

    fn new_role(&mut self, id: VariableId, variable: &'a Variable) -> Role {
        if variable.broken {
            return Role::Refused;
        }
        let section = section_of(&variable.attributes);
        match section {
            Some("license") => return self.license(variable),
            Some("version") => return Role::License,
            Some(".maps") => return self.map(id, variable),
            Some("maps") => return self.legacy_map(id, variable),
            // Loaders before libbpf took the name of the map from the section.
            Some(section) if section.starts_with("maps/") && self.is_map_def(variable) => {
                return self.legacy_map(id, variable);
            }
            _ => {}
        }
        match self.global_kind(variable, section) {
            Ok(kind) => self.global(id, variable, kind),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                Role::Refused
            }
        }
    }

    /// Whether the variable's type is `struct bpf_map_def`.
    fn is_map_def(&self, variable: &Variable) -> bool {
        let Kind::Record(record) = &variable.ty.kind else {
            return false;
        };
        let record = self.tree.types.records.get(record.0 as usize);
        record.is_some_and(|record| record.tag.as_deref() == Some("bpf_map_def"))
    }

    fn license(&mut self, variable: &'a Variable) -> Role {
        // Loaders read the section up to the first NUL: what a second variable says is for nobody.
        if self.object.license.is_some() {
            return Role::License;
        }
        let text = match &variable.init {
            Some(CInit::Str(text, _)) => text.clone(),
            Some(CInit::Expr(e)) => super::pt_regs::bytes(e)
                .map(<[u8]>::to_vec)
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let notes = self.notes.item(variable.span);
        self.places.push((variable.span, Item::License));
        self.object.license = Some(License {
            variable: variable.name.to_string(),
            text: String::from_utf8_lossy(&text).into_owned(),
            notes,
        });
        Role::License
    }

    /// Where the variable lives, as libbpf reads its section and qualifiers.
    fn global_kind(
        &self,
        variable: &Variable,
        section: Option<&str>,
    ) -> Result<GlobalKind, Box<Diagnostic>> {
        let name = &variable.name;
        // Also where the file defines it: the loader knows it by this name.
        if name.as_ref() == WRAPPER_FLAG {
            return Ok(GlobalKind::Kconfig);
        }
        match section {
            Some(".kconfig") => return Ok(GlobalKind::Kconfig),
            Some(".ksyms") => {
                return Ok(match variable.ty.kind {
                    Kind::Void => GlobalKind::Ksym,
                    _ => GlobalKind::Kernel,
                });
            }
            Some(".struct_ops" | ".struct_ops.link" | "struct_ops") => {
                return Err(Box::new(Diagnostic::error(
                    codes::GLOBAL_SECTION,
                    variable.name_span,
                    format!("`{name}` is a table of kernel operations, which Aya can't load"),
                )));
            }
            None | Some(".rodata" | ".data" | ".bss") => {}
            Some(other)
                if other.starts_with(".data.")
                    || other.starts_with(".bss.")
                    || other.starts_with(".rodata.") =>
            {
                return Ok(GlobalKind::Section(other.to_owned()));
            }
            Some(other) => {
                return Err(Box::new(Diagnostic::error(
                    codes::GLOBAL_SECTION,
                    variable.name_span,
                    format!("the section `{other}` of `{name}` means nothing to the loader"),
                )));
            }
        }
        if variable.extern_ {
            return Err(Box::new(
                Diagnostic::error(
                    codes::UNDEFINED_VARIABLE,
                    variable.name_span,
                    format!("`{name}` is declared, but defined nowhere"),
                )
                .help("add `__kconfig` or `__ksym` if the kernel defines it"),
            ));
        }
        Ok(match qualifiers(&variable.ty) {
            (true, true) => GlobalKind::Option,
            (true, false) => GlobalKind::Constant,
            _ if section == Some(".rodata") => GlobalKind::Constant,
            _ => GlobalKind::Mutable,
        })
    }

    fn global(&mut self, id: VariableId, variable: &'a Variable, kind: GlobalKind) -> Role {
        let ty = match kind {
            // What a program has of it is its address.
            GlobalKind::Ksym => crate::ir::ty::Ty::unsigned(64),
            // What nobody reads of it needs no fields.
            GlobalKind::Kernel => self.outline(&variable.ty),
            _ => self.ty(&variable.ty),
        };
        let own = self.is_own(Some(variable.span));
        let notes = if own && variable.function.is_none() {
            let mut notes = self.notes.item(variable.span);
            notes.before.extend(self.notes.rest_of_item(variable.span));
            notes
        } else {
            Notes::default()
        };
        let new = GlobalId(u32::try_from(self.object.globals.len()).unwrap_or(u32::MAX));
        let name = self.statics.get(&id);
        let name = name.cloned().unwrap_or_else(|| variable.name.to_string());
        self.object.globals.push(Global {
            name,
            ty,
            kind,
            init: Init::Zero,
            volatile: qualifiers(&variable.ty).1,
            aligned: self.aligned(&variable.attributes, &variable.ty),
            static_: variable.static_,
            weak: variable.weak,
            notes,
            span: variable.span,
        });
        self.places.push((variable.span, Item::Global(new)));
        self.roles.insert(id, Role::Global(new));
        let Some(init) = &variable.init else {
            return Role::Global(new);
        };
        let mut body = Body::new(self, None);
        let lowered = body.init(init, &variable.ty).and_then(|init| {
            body.check_constant(&init, variable.name_span)?;
            Ok(init)
        });
        let effects = !body.out.is_empty();
        let (errors, callees) = (std::mem::take(&mut body.errors), body.callees.len());
        let _ = callees;
        self.diagnostics.extend(errors);
        match lowered {
            Ok(init) if !effects => {
                if let Some(global) = self.object.globals.get_mut(new.0 as usize) {
                    global.init = init;
                }
                Role::Global(new)
            }
            Ok(_) => {
                self.error(
                    codes::NOT_CONSTANT,
                    variable.name_span,
                    "this initialiser can't be computed when the object is built",
                );
                Role::Refused
            }
            Err(_) => Role::Refused,
        }
    }
}

impl Lowerer<'_> {
    /// The alignment that attributes ask for, where the type has less by itself: as a type in Rust
    /// it has what its parts have.
    pub(super) fn aligned(&self, attributes: &[Attribute], ty: &CType) -> Option<u64> {
        let types = &self.tree.types;
        let by_name = ty.alias.as_ref();
        let by_name = by_name.and_then(|alias| types.typedef_aligns.get(alias).copied());
        let natural = types.align_of(&CType {
            alias: None,
            ..ty.clone()
        });
        let asked = attribute::aligned(attributes).max(by_name);
        asked.filter(|asked| *asked > natural.unwrap_or(1))
    }
}

/// `const` and `volatile`, those of an array's elements included.
fn qualifiers(ty: &CType) -> (bool, bool) {
    let (mut const_, mut volatile) = (ty.const_, ty.volatile);
    let mut inner = ty;
    while let Kind::Array(element, _) = &inner.kind {
        const_ |= element.const_;
        volatile |= element.volatile;
        inner = element;
    }
    (const_, volatile)
}
