//! How each program of an object is attached.

use std::collections::BTreeSet;

use super::{
    text::{call as rust_call, identifier, kebab},
    variants::Parts,
};
use crate::{
    arch::{Arch, Archs, syscalls},
    ir::{
        Item, MapId, MapValue, Object,
        program::{ArgumentSource, Program, ProgramKind, SyscallEntry},
    },
};

/// What a loader does to attach the programs of an object.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Programs, and the system calls that they attach to.
    pub(super) syscalls: Parts<(String, String)>,
    /// Programs, and the system calls to whose functions for 32-bit programs they attach.
    pub(super) compat: Parts<(String, String)>,
    /// Statements that attach the others, in the order of the file.
    pub(super) statements: Parts<String>,
    /// Functions of the template `attach.rs`.
    pub(super) functions: Parts<&'static str>,
    /// Which of the loader's common options are needed.
    pub(super) options: BTreeSet<&'static str>,
    /// Programs that are only loaded where the user asks for them: `SEC("?…")`.
    pub(super) asked_for: Parts<String>,
    /// Options that tell a program's target.
    pub(super) targets: Parts<Target>,
    /// Where something is attached without regard to the kernel or to options.
    pub(super) certain: Parts<()>,
    /// Whether something may have nothing to attach to.
    pub(super) doubtful: bool,
    /// Whether the programs look at how system calls are entered.
    pub(super) needs_syscalls: bool,
}

/// An option for a program whose section names no target.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name in `struct Options`.
    pub(super) field: String,
    /// Its name on the command line.
    pub(super) flag: String,
    pub(super) value_name: &'static str,
    pub(super) help: String,
}

const CGROUP: &str = "&options.cgroup";

impl Plan {
    pub(super) fn of(object: &Object) -> Self {
        let mut making = Making {
            object,
            only: None,
            asked_for: None,
            plan: Self::default(),
        };
        // The programs find these maps there from the start.
        for (id, map) in (0..).map(MapId).zip(&object.maps) {
            making.only = object.only(Item::Map(id));
            for (index, value) in &map.values {
                if let MapValue::Map(inner) = value
                    && let Some(inner) = object.maps.get(inner.0 as usize)
                {
                    making.function("inner_map");
                    making.statement(format!(
                        "attach::inner_map(&mut ebpf, {:?}, {index}, {:?})?;",
                        map.name, inner.name
                    ));
                }
            }
        }
        for (at, program) in (0..).zip(&object.programs) {
            making.only = object.only(Item::Program(at));
            making.asked_for = program.section.starts_with('?').then(|| {
                let name = program.function.name.clone();
                making.plan.asked_for.add(object, name.clone(), making.only);
                name
            });
            making.program(program);
        }
        making.asked_for = None;
        for (id, map) in (0..).map(MapId).zip(&object.maps) {
            making.only = object.only(Item::Map(id));
            for (index, value) in &map.values {
                if let MapValue::Program(program) = value {
                    making.function("tail_call");
                    making.statement(format!(
                        "attach::tail_call(&mut ebpf, {:?}, {index}, {program:?})?;",
                        map.name
                    ));
                }
            }
        }
        making.plan
    }
}

/// A plan, and what it is being added to for.
struct Making<'o> {
    object: &'o Object,
    only: Option<Archs>,
    /// The program under way, if it is only loaded where the user asks for it.
    asked_for: Option<String>,
    plan: Plan,
}

impl Making<'_> {
    fn function(&mut self, function: &'static str) {
        self.plan.functions.add(self.object, function, self.only);
    }

    fn statement(&mut self, statement: String) {
        let statement = match &self.asked_for {
            Some(name) => {
                let inner = statement.replace('\n', "\n    ");
                format!(
                    "if options.load.iter().any(|name| name == {name:?}) {{\n        {inner}\n    }}"
                )
            }
            None => statement,
        };
        self.plan.statements.add(self.object, statement, self.only);
    }

    fn program(&mut self, program: &Program) {
        let name = &program.function.name;
        match &program.kind {
            ProgramKind::Ksyscall { call } | ProgramKind::Kretsyscall { call } => {
                self.plan.needs_syscalls = true;
                self.plan.doubtful = true;
                self.function("syscall");
                match call {
                    Some(call) => self.syscall(program, call),
                    None => {
                        let field = self.target(name, "syscall", "NAME", "The system call that");
                        self.optional(
                            &field,
                            name,
                            "syscall",
                            &[&format!(
                                "attached |= attach::syscall(&mut ebpf, &syscalls, {name:?}, target)?;"
                            )],
                        );
                    }
                }
            }
            ProgramKind::Kprobe { function, offset } => {
                let offset = offset.to_string();
                self.with(name, "kprobe", function.as_deref(), "function", &[&offset]);
            }
            ProgramKind::Kretprobe { function } => {
                self.with(name, "kprobe", function.as_deref(), "function", &["0"]);
            }
            ProgramKind::Uprobe { target, .. } | ProgramKind::Uretprobe { target, .. } => {
                self.with(name, "uprobe", target.as_deref(), "place", &[]);
            }
            ProgramKind::Tracepoint {
                category,
                name: event,
            } => match (category, event) {
                (Some(category), Some(event)) => {
                    self.call(name, "tracepoint", &[&quoted(category), &quoted(event)]);
                }
                _ => {
                    let field =
                        self.target(name, "tracepoint", "CATEGORY/NAME", "The tracepoint that");
                    self.function("tracepoint");
                    self.optional(
                        &field,
                        name,
                        "tracepoint",
                        &[
                            "let (category, event) = target",
                            "    .split_once('/')",
                            "    .context(\"a tracepoint is CATEGORY/NAME\")?;",
                            &format!("attach::tracepoint(&mut ebpf, {name:?}, category, event)?;"),
                            ATTACHED,
                        ],
                    );
                }
            },
            ProgramKind::RawTracepoint { name: event } => {
                self.with(name, "raw_tracepoint", event.as_deref(), "tracepoint", &[]);
            }
            ProgramKind::BtfTracepoint { name: event } => {
                self.with(name, "btf_tracepoint", event.as_deref(), "tracepoint", &[]);
            }
            ProgramKind::Fentry { function, .. } => {
                self.with(name, "fentry", function.as_deref(), "function", &[]);
            }
            ProgramKind::Fexit { function, .. } => {
                self.with(name, "fexit", function.as_deref(), "function", &[]);
            }
            ProgramKind::Lsm { hook, .. } => {
                self.with(name, "lsm", hook.as_deref(), "hook", &[]);
            }
            ProgramKind::LsmCgroup { hook } => {
                self.plan.options.insert("cgroup");
                self.with(name, "lsm_cgroup", hook.as_deref(), "hook", &[CGROUP]);
            }
            ProgramKind::Iter { target, .. } => {
                self.with(name, "iter", target.as_deref(), "iterator", &[]);
            }
            ProgramKind::PerfEvent => {
                self.plan.options.insert("frequency");
                self.call(name, "perf_event", &["options.frequency"]);
            }
            // Its user is a map that something else fills.
            ProgramKind::Xdp { map: Some(_), .. } | ProgramKind::Custom => {}
            ProgramKind::Xdp { .. } => {
                self.plan.options.insert("interface");
                self.call(name, "xdp", &["&options.interface"]);
            }
            ProgramKind::Classifier => {
                self.plan.options.extend(["interface", "egress"]);
                self.call(
                    name,
                    "classifier",
                    &["&options.interface", "options.egress"],
                );
            }
            ProgramKind::CgroupSkb { attach } => {
                self.plan.options.insert("cgroup");
                let egress = match attach.as_deref() {
                    Some("ingress") => "false",
                    Some("egress") => "true",
                    _ => {
                        self.plan.options.insert("egress");
                        "options.egress"
                    }
                };
                self.call(name, "cgroup_skb", &[CGROUP, egress]);
            }
            ProgramKind::CgroupSock { .. } => self.cgroup(name, "cgroup_sock"),
            ProgramKind::CgroupSockAddr { .. } => self.cgroup(name, "cgroup_sock_addr"),
            ProgramKind::CgroupSockopt { .. } => self.cgroup(name, "cgroup_sockopt"),
            ProgramKind::CgroupSysctl => self.cgroup(name, "cgroup_sysctl"),
            ProgramKind::CgroupDevice => self.cgroup(name, "cgroup_device"),
            ProgramKind::SockOps => self.cgroup(name, "sock_ops"),
            ProgramKind::SkMsg => self.sockets(name, "sk_msg"),
            ProgramKind::SkSkbParser | ProgramKind::SkSkbVerdict => {
                self.sockets(name, "sk_skb");
            }
            ProgramKind::SkLookup => self.call(name, "sk_lookup", &[]),
            ProgramKind::FlowDissector => self.call(name, "flow_dissector", &[]),
            ProgramKind::SocketFilter => self.only_load(name, "load_socket_filter"),
            ProgramKind::SkReuseport { .. } => self.only_load(name, "load_sk_reuseport"),
        }
    }

    fn syscall(&mut self, program: &Program, call: &str) {
        if self.asked_for.is_some() {
            let name = &program.function.name;
            let function = if program.entry == SyscallEntry::Compat {
                "compat_syscall"
            } else {
                "syscall"
            };
            self.function(function);
            self.statement(format!(
                "{ASKED}attach::{function}(&mut ebpf, &syscalls, {name:?}, {call:?})?;"
            ));
            return;
        }
        let row = |call: &str| (program.function.name.clone(), call.to_owned());
        let compat = program.compat_too || program.entry == SyscallEntry::Compat;
        if compat {
            self.function("compat_syscall");
            self.plan.compat.add(self.object, row(call), self.only);
        }
        match program.entry {
            SyscallEntry::Compat => {}
            SyscallEntry::Socketcall(_) => {
                self.plan
                    .syscalls
                    .add(self.object, row("socketcall"), self.only);
            }
            SyscallEntry::Mmap => {
                let all = self.only.unwrap_or_else(|| Arch::ALL.into_iter().collect());
                for (entry, archs) in mmaps(all) {
                    let only = (archs != all).then_some(archs).or(self.only);
                    self.plan.syscalls.add(self.object, row(entry), only);
                }
            }
            SyscallEntry::Native | SyscallEntry::Clone => {
                self.plan.syscalls.add(self.object, row(call), self.only);
            }
        }
    }

    fn call(&mut self, name: &str, function: &'static str, arguments: &[&str]) {
        self.function(function);
        let mut all = vec!["&mut ebpf".to_owned(), quoted(name)];
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        let mut call = format!("attach::{function}");
        // It says whether the kernel has the function.
        if function == "kprobe" {
            self.plan.doubtful = true;
            call.insert_str(0, ASKED);
        } else if self.asked_for.is_some() {
            self.plan.doubtful = true;
        } else {
            self.plan.certain.add(self.object, (), self.only);
        }
        let mut statement = rust_call(&call, &all, 4, "?;");
        if function != "kprobe" && self.asked_for.is_some() {
            statement.push_str("\n    ");
            statement.push_str(ATTACHED);
        }
        self.statement(statement);
    }

    fn cgroup(&mut self, name: &str, function: &'static str) {
        self.plan.options.insert("cgroup");
        self.call(name, function, &[CGROUP]);
    }

    /// A program whose target the section names, or else the user.
    fn with(
        &mut self,
        name: &str,
        function: &'static str,
        target: Option<&str>,
        what: &'static str,
        further: &[&str],
    ) {
        if let Some(target) = target {
            let target = quoted(target);
            let arguments: Vec<&str> = [target.as_str()]
                .into_iter()
                .chain(further.iter().copied())
                .collect();
            self.call(name, function, &arguments);
            return;
        }
        self.function(function);
        let (value_name, help) = match what {
            "place" => ("PATH:FUNCTION", "The program's or library's function that"),
            "hook" => ("NAME", "The hook that"),
            "tracepoint" => ("NAME", "The tracepoint that"),
            "iterator" => ("NAME", "What is gone through by"),
            _ => ("NAME", "The kernel's function that"),
        };
        let field = self.target(name, what, value_name, help);
        let mut arguments = vec!["&mut ebpf".to_owned(), quoted(name), "target".to_owned()];
        arguments.extend(further.iter().map(|&argument| argument.to_owned()));
        let call = format!("attach::{function}({})?;", arguments.join(", "));
        let attach: &[&str] = match function {
            "kprobe" => &[&format!("{ASKED}{call}")],
            _ => &[&call, ATTACHED],
        };
        self.optional(&field, name, function, attach);
    }

    /// Statements that attach where the user named a target, and else load what can be loaded without
    /// one: a tail call may go there.
    fn optional(&mut self, field: &str, name: &str, function: &'static str, attach: &[&str]) {
        const NEED_NO_TARGET: [&str; 5] = [
            "kprobe",
            "raw_tracepoint",
            "syscall",
            "tracepoint",
            "uprobe",
        ];
        let flag = kebab(field.trim_start_matches("r#"));
        let attach: String = attach
            .iter()
            .map(|line| format!("        {line}\n"))
            .collect();
        let load = if NEED_NO_TARGET.contains(&function) {
            self.function("load_program");
            format!("        attach::load_program(&mut ebpf, {name:?})?;\n")
        } else {
            String::new()
        };
        self.statement(format!(
            "if let Some(target) = &options.{field} {{\n{attach}    }} else {{\n{load}        eprintln!(\"{name} isn't attached: --{flag} tells to what\");\n    }}"
        ));
    }

    fn target(
        &mut self,
        name: &str,
        what: &'static str,
        value_name: &'static str,
        help: &str,
    ) -> String {
        let field = format!("{name}_{what}");
        self.plan.doubtful = true;
        let target = Target {
            flag: kebab(&field),
            field: identifier(&field),
            value_name,
            help: if what == "iterator" {
                format!("{help} {name}")
            } else {
                format!("{help} {name} is attached to")
            },
        };
        self.plan.targets.add(self.object, target, self.only);
        identifier(&field)
    }

    /// Attaches to the one map of sockets that the object has.
    fn sockets(&mut self, name: &str, function: &'static str) {
        const SOCKMAP: u32 = 15;
        const SOCKHASH: u32 = 18;
        let mut maps = self
            .object
            .maps
            .iter()
            .filter(|map| matches!(map.def.map_type, SOCKMAP | SOCKHASH));
        if let (Some(map), None) = (maps.next(), maps.next()) {
            self.function(function);
            self.plan.certain.add(self.object, (), self.only);
            self.statement(format!(
                "attach::{function}::<{}>(&mut ebpf, {name:?}, {:?})?;",
                map.def.key_size, map.name
            ));
        } else {
            self.statement(format!(
                "eprintln!(\"{name} isn't attached: it belongs to a map of sockets\");"
            ));
        }
    }

    fn only_load(&mut self, name: &str, function: &'static str) {
        self.call(name, function, &[]);
        self.statement(format!(
            "eprintln!(\"{name} is loaded, but not attached: it belongs to a socket\");"
        ));
    }
}

/// What `mmap` enters, and on which of the architectures.
fn mmaps(archs: Archs) -> Vec<(&'static str, Archs)> {
    let mut entries: Vec<(&'static str, Archs)> = Vec::new();
    for arch in archs.iter() {
        let call = syscalls::named("mmap")
            .iter()
            .find(|call| call.native(arch));
        let entry = call.map_or("mmap", |call| call.entry);
        match entries.iter_mut().find(|(known, _)| *known == entry) {
            Some((_, archs)) => *archs = archs.union(arch.into()),
            None => entries.push((entry, arch.into())),
        }
    }
    entries
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Said ahead of what tells whether it has attached.
const ASKED: &str = "attached |= ";

/// Said behind what attaches for certain.
pub(super) const ATTACHED: &str = "attached = true;";

/// A statement where nobody asks whether anything was attached.
pub(super) fn unasked(statement: &str) -> String {
    statement
        .replace(ASKED, "")
        .replace(&format!("        {ATTACHED}\n"), "")
}

/// Whether a program reads arguments of a system call, be it attached by the name of a function.
pub(super) fn reads_system_calls(object: &Object) -> bool {
    object.programs.iter().any(|program| {
        program
            .args
            .iter()
            .any(|argument| argument.used && matches!(argument.source, ArgumentSource::Syscall(_)))
    })
}
