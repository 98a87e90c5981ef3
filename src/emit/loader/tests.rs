use super::loader;
use crate::{
    ir::{
        Comment, Global, GlobalKind, Map, MapDef, Notes, Object, PathPart, RecordId, Relocation,
        RelocationKind, TypeKind,
        body::{Block, Expr, ExprKind, Function, Init, LocalId, Stmt, StmtKind},
        program::{Argument, ArgumentSource, EntryMacro, Program, ProgramKind, SyscallEntry},
        ty::{EnumConstant, Enumeration, Field, Record, Ty},
    },
    source::span::{FileId, Span},
};

const SPAN: Span = Span {
    file: FileId(0),
    start: 0,
    end: 0,
};

fn comment(text: &str) -> Notes {
    Notes {
        before: vec![Comment {
            lines: vec![text.to_owned()],
            apart: false,
        }],
        ..Notes::default()
    }
}

fn program(name: &str, kind: ProgramKind) -> Program {
    Program {
        section: String::new(),
        kind,
        macro_: EntryMacro::None,
        ctx: None,
        ctx_used: false,
        args: Vec::new(),
        function: Function {
            name: name.to_owned(),
            params: Vec::new(),
            ret: Ty::signed(32),
            locals: Vec::new(),
            labels: Vec::new(),
            body: Vec::new(),
            inline: false,
            hinted: false,
            global: false,
            noinline: false,
            callback: false,
            kernel: None,
            notes: Notes::default(),
            trailing: Vec::new(),
            span: SPAN,
        },
        heeds_return: false,
        entry: SyscallEntry::Native,
        compat_too: false,
    }
}

fn ksyscall(name: &str, call: &str) -> Program {
    let call = Some(call.to_owned());
    program(name, ProgramKind::Ksyscall { call })
}

fn printk(format: &str) -> Stmt {
    Stmt {
        kind: StmtKind::Expr(Expr {
            kind: ExprKind::Printk(format.as_bytes().to_vec(), Vec::new()),
            ty: Ty::signed(32),
            span: None,
        }),
        notes: Notes::default(),
        span: None,
    }
}

fn map(name: &str, map_type: u32, key: Option<Ty>, value: Option<Ty>, sizes: (u64, u64)) -> Map {
    Map {
        name: name.to_owned(),
        def: MapDef {
            map_type,
            key,
            key_size: sizes.0,
            value,
            value_size: sizes.1,
            max_entries: 16,
            max_entries_expr: None,
            flags: 0,
            extra: 0,
            pin_by_name: false,
            numa_node: None,
            inner: None,
        },
        values: Vec::new(),
        records: Vec::new(),
        legacy: false,
        notes: Notes::default(),
        span: SPAN,
    }
}

fn global(name: &str, ty: Ty, kind: GlobalKind, notes: Notes) -> Global {
    Global {
        name: name.to_owned(),
        ty,
        kind,
        init: Init::Zero,
        volatile: true,
        aligned: None,
        static_: false,
        weak: false,
        notes,
        span: SPAN,
    }
}

fn field(name: &str, ty: Ty, offset: u64) -> Field {
    Field {
        name: Some(name.to_owned()),
        ty,
        offset,
        bits: None,
        lengths: Vec::new(),
        notes: Notes::default(),
    }
}

fn offset_of(field: &str) -> Relocation {
    Relocation {
        kind: RelocationKind::FieldOffset,
        type_name: "task_struct".to_owned(),
        type_kind: TypeKind::Struct,
        path: vec![PathPart::Field(field.to_owned())],
        ty: Ty::signed(32),
        optional: false,
        span: SPAN,
    }
}

/// The shape of a probe with an entry, a return, options, CO-RE, a ring buffer and printing.
pub(in crate::emit) fn watch() -> Object {
    let comm = Ty::Array(Box::new(Ty::signed(8)), 16);
    let args = Ty::Array(Box::new(Ty::Array(Box::new(Ty::signed(8)), 32)), 8);
    let event = Record {
        name: Some("event".to_owned()),
        union_: false,
        fields: Some(vec![
            field("started", Ty::unsigned(64), 0),
            field("ret", Ty::signed(32), 8),
            field("state", Ty::Enum(crate::ir::EnumId(0)), 12),
            field("comm", comm, 16),
            field("args", args, 32),
        ]),
        size: 288,
        align: 8,
        packed: false,
        core: false,
        foreign: false,
        shared: true,
        notes: Notes::default(),
        span: None,
    };
    let constant = |name: &str, value| EnumConstant {
        span: None,
        name: name.to_owned(),
        value,
        notes: Notes::default(),
    };
    let state = Enumeration {
        name: Some("args_state".to_owned()),
        bits: 32,
        signed: false,
        constants: vec![constant("ARGS_ALL", 0), constant("ARGS_CUT", 1)],
        foreign: false,
        shared: true,
        notes: Notes::default(),
        span: None,
    };
    let mut exit = program(
        "execve_exit",
        ProgramKind::Kretsyscall {
            call: Some("execve".to_owned()),
        },
    );
    exit.args.push(Argument {
        local: LocalId(0),
        source: ArgumentSource::Return,
        used: true,
        c_type: "long".to_owned(),
        user: false,
    });
    let mut kill = ksyscall("kill_enter", "kill");
    kill.function.body = vec![Stmt {
        kind: StmtKind::If(
            Expr {
                kind: ExprKind::Bool(true),
                ty: Ty::Bool,
                span: None,
            },
            Block {
                stmts: vec![printk("signal %d to group %d")],
                trailing: Vec::new(),
            },
            Some(Block {
                stmts: vec![printk("signal %d to process %d")],
                trailing: Vec::new(),
            }),
        ),
        notes: Notes::default(),
        span: None,
    }];
    let mut events = map("events", 27, None, None, (0, 0));
    events.records = vec![Ty::Record(RecordId(0))];
    Object {
        name: "watch".to_owned(),
        doc: vec![Comment {
            lines: vec!["Which programs are started, by whom and with which arguments.".to_owned()],
            apart: true,
        }],
        spdx: Some("MIT OR Apache-2.0".to_owned()),
        records: vec![event],
        enums: vec![state],
        maps: vec![events],
        globals: vec![
            global(
                "target_uid",
                Ty::unsigned(32),
                GlobalKind::Option,
                comment("Only programs that this user starts; by default those of every user."),
            ),
            global(
                "failed_only",
                Ty::Bool,
                GlobalKind::Option,
                comment("Only failures."),
            ),
            global(
                "prefix",
                Ty::Array(Box::new(Ty::signed(8)), 16),
                GlobalKind::Option,
                Notes::default(),
            ),
            global(
                "LINUX_KERNEL_VERSION",
                Ty::signed(32),
                GlobalKind::Kconfig,
                Notes::default(),
            ),
        ],
        relocations: vec![offset_of("real_parent"), offset_of("tgid")],
        programs: vec![ksyscall("execve_enter", "execve"), exit, kill],
        ..Object::default()
    }
}

/// A probe that counts in maps, with a program of about every kind.
pub(in crate::emit) fn counts() -> Object {
    let some = |name: &str| Some(name.to_owned());
    let key = Some(Ty::unsigned(32));
    let value = Some(Ty::unsigned(64));
    Object {
        name: "counts".to_owned(),
        maps: vec![
            map("hits", 1, key.clone(), value.clone(), (4, 8)),
            map("cpu_hits", 6, key.clone(), value.clone(), (4, 8)),
            map("slots", 2, key.clone(), None, (4, 24)),
            map("last", 22, None, value, (0, 8)),
        ],
        globals: vec![global(
            "failed_only",
            Ty::unsigned(64),
            GlobalKind::Option,
            Notes::default(),
        )],
        programs: vec![
            program(
                "on_exit",
                ProgramKind::Tracepoint {
                    category: some("sched"),
                    name: some("sched_process_exit"),
                },
            ),
            program(
                "raw",
                ProgramKind::RawTracepoint {
                    name: some("sys_enter"),
                },
            ),
            program(
                "typed",
                ProgramKind::BtfTracepoint {
                    name: some("sched_switch"),
                },
            ),
            program(
                "enter",
                ProgramKind::Fentry {
                    function: some("do_unlinkat"),
                    sleepable: false,
                },
            ),
            program(
                "leave",
                ProgramKind::Fexit {
                    function: some("do_unlinkat"),
                    sleepable: false,
                },
            ),
            program(
                "open",
                ProgramKind::Kprobe {
                    function: some("do_sys_openat2"),
                    offset: 4,
                },
            ),
            program("opened", ProgramKind::Kretprobe { function: None }),
            program(
                "readline",
                ProgramKind::Uprobe {
                    target: None,
                    sleepable: false,
                    multi: false,
                },
            ),
            program("any_call", ProgramKind::Ksyscall { call: None }),
            program(
                "hook",
                ProgramKind::Lsm {
                    hook: some("file_open"),
                    sleepable: false,
                },
            ),
            program("sample", ProgramKind::PerfEvent),
            program(
                "filter",
                ProgramKind::Xdp {
                    frags: false,
                    map: None,
                },
            ),
            program("classify", ProgramKind::Classifier),
            program(
                "packets",
                ProgramKind::CgroupSkb {
                    attach: some("egress"),
                },
            ),
            program(
                "connect",
                ProgramKind::CgroupSockAddr {
                    attach: "connect4".to_owned(),
                },
            ),
            program(
                "tasks",
                ProgramKind::Iter {
                    target: some("task"),
                    sleepable: false,
                },
            ),
            program("tail", ProgramKind::Custom),
        ],
        ..Object::default()
    }
}

/// Every file is Rust, and ends with one line feed.
#[track_caller]
fn check_files(objects: &[(&str, &Object)]) -> std::collections::BTreeMap<String, String> {
    let loader = loader(objects);
    for (path, text) in &loader.files {
        if let Err(error) = syn::parse_file(text) {
            panic!("{path}: {error}\n{text}");
        }
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}");
    }
    loader.files
}

#[test]
fn one_object_has_its_loader_in_main() {
    let files = check_files(&[("watch", &watch())]);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "attach.rs",
            "btf.rs",
            "decode.rs",
            "kconfig.rs",
            "main.rs",
            "records.rs",
            "syscalls.rs",
            "trace.rs",
            "types.rs"
        ]
    );
    let main = &files["main.rs"];
    assert!(main.contains("(\"execve_exit\", \"execve\"),"));
    assert!(main.contains("target_uid: Option<u32>,"));
    assert!(
        main.contains("records.ring_buffer(&mut ebpf, \"events\", &[(\"event\", types::EVENT)])?;")
    );
    assert!(!files["attach.rs"].contains("tracepoint"));
}

#[test]
fn every_kind_of_program_is_attached() {
    let files = check_files(&[("counts", &counts())]);
    let main = &files["main.rs"];
    for call in [
        "attach::tracepoint(&mut ebpf, \"on_exit\", \"sched\", \"sched_process_exit\")?;",
        "attach::kprobe(&mut ebpf, \"open\", \"do_sys_openat2\", 4)?;",
        "attach::classifier(&mut ebpf, \"classify\", &options.interface, options.egress)?;",
        "attach::cgroup_skb(&mut ebpf, \"packets\", &options.cgroup, true)?;",
        "contents.hash::<4, 8>(\"hits\", Type::U32, Type::U64)?;",
        "contents.array::<24>(\"slots\", Type::Bytes(24))?;",
    ] {
        assert!(main.contains(call), "{call}\n{main}");
    }
}

#[test]
fn several_objects_have_modules() {
    let files = check_files(&[("watch", &watch()), ("counts", &counts())]);
    assert!(files.contains_key("objects/watch.rs"));
    assert!(files.contains_key("objects/watch/types.rs"));
    assert!(files.contains_key("objects/counts.rs"));
    // Of another kind than the option of that name in the first object.
    assert!(files["main.rs"].contains("counts_failed_only: Option<u64>,"));
}

#[test]
fn what_has_no_option_is_a_warning() {
    let array = Ty::Array(Box::new(Ty::unsigned(32)), 4);
    let object = Object {
        globals: vec![global("ports", array, GlobalKind::Option, Notes::default())],
        ..watch()
    };
    let diagnostics = loader(&[("watch", &object)]).diagnostics;
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code.id, "W0410");
}

#[test]
fn a_flag_is_false_by_default() {
    let truth = |kind| {
        Init::Expr(Expr {
            kind,
            ty: Ty::Bool,
            span: None,
        })
    };
    let mut object = watch();
    for (kind, member) in [
        (ExprKind::Bool(false), "failed_only: bool,"),
        (ExprKind::Int(0), "failed_only: bool,"),
        (ExprKind::Bool(true), "failed_only: Option<bool>,"),
    ] {
        object.globals[1].init = truth(kind);
        let files = check_files(&[("watch", &object)]);
        assert!(files["main.rs"].contains(member), "{member}");
    }
}

/// libbpf loads no program whose section begins with a question mark unless it is told to.
#[test]
fn programs_that_wait_to_be_asked_for() {
    let port = crate::port::lower_text(
        "SEC(\"?ksyscall/close\") int BPF_KSYSCALL(f) { return 0; }\n\
         SEC(\"?tp/sched/sched_switch\") int g(void *ctx) { return 0; }\n\
         SEC(\"ksyscall/dup\") int BPF_KSYSCALL(h) { return 0; }",
        &[crate::arch::Arch::X86_64],
    );
    let files = check_files(&[("waits", &port.object.unwrap())]);
    let main = &files["main.rs"];
    for text in [
        "[(\"h\", \"dup\")]",
        "if options.load.iter().any(|name| name == \"f\") {\n        attached |= attach::syscall(&mut ebpf, &syscalls, \"f\", \"close\")?;\n    }",
        "if options.load.iter().any(|name| name == \"g\") {\n        attach::tracepoint(&mut ebpf, \"g\", \"sched\", \"sched_switch\")?;\n        attached = true;\n    }",
        "value_parser = [\"f\", \"g\"]",
    ] {
        assert!(main.contains(text), "{text}\n{main}");
    }
}
