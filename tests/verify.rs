//! Objects that do the same, and twins that do not, built from the C files beside this one.
//!
//! The twins stand for faulty ports: to the machine, C and Rust objects are alike. Without clang
//! for BPF there is nothing to build, and the tests say so.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use c2aya::{
    arch::Arch,
    verify::{
        Options, Report, Verdict,
        prove::{Outcome, ProveOptions},
        verify,
    },
};

fn clang() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let runs = |name: &&str| {
            let output = Command::new(name).arg("--print-targets").output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("bpfeb"))
        };
        let found = ["clang-22", "clang"].into_iter().find(runs);
        if found.is_none() {
            eprintln!("no clang for BPF: nothing is compared");
        }
        found
    })
}

/// The object of `tests/verify/NAME`, compiled with `options`.
fn build(name: &str, options: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let object: PathBuf = folder.path().join("object.o");
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/verify")
        .join(name);
    let status = Command::new(clang()?)
        .args(["-O2", "-g", "-target", "bpfel", "-Wno-everything", "-c"])
        .arg(source)
        .arg("-o")
        .arg(&object)
        .args(options)
        .status()
        .unwrap();
    assert!(status.success(), "{name} {options:?}");
    Some(std::fs::read(object).unwrap())
}

fn options() -> Options {
    Options {
        worlds: 1000,
        ..Options::default()
    }
}

fn compared(c: &[u8], rust: &[u8]) -> Report {
    verify(c, rust, &options()).unwrap()
}

fn check_equal(first: &[&str], second: &[&str], arch: Arch) {
    let Some(one) = build("calls.bpf.c", first) else {
        return;
    };
    let Some(other) = build("calls.bpf.c", second) else {
        return;
    };
    let options = Options { arch, ..options() };
    let report = verify(&one, &other, &options).unwrap();
    assert_eq!(
        report.verdict,
        Verdict::Equal,
        "{first:?} {second:?}\n{report}"
    );
    for program in &report.programs {
        let (taken, all) = (program.c_branches.taken, program.c_branches.all);
        assert!(
            taken * 100 >= all * 95,
            "{}: {taken} of {all} branches\n{report}",
            program.name
        );
    }
}

#[test]
fn the_same_source_is_equal_however_it_is_compiled() {
    check_equal(&[], &[], Arch::X86_64);
    check_equal(&[], &["-mcpu=v1"], Arch::X86_64);
    check_equal(&[], &["-mcpu=v2"], Arch::X86_64);
    check_equal(&[], &["-mcpu=v4"], Arch::X86_64);
    check_equal(&["-O1"], &["-mcpu=v3"], Arch::X86_64);
    check_equal(&["-Os"], &["-mcpu=v4", "-O1"], Arch::X86_64);
    check_equal(
        &["-target", "bpfeb"],
        &["-target", "bpfeb", "-mcpu=v4"],
        Arch::S390x,
    );
}

/// Of each program of the C: sides of branches taken, those that there are, and those out of reach.
fn reached(options: &[&str], prove: Option<ProveOptions>) -> Option<Vec<(usize, usize, usize)>> {
    let object = build("reach.bpf.c", options)?;
    let options = Options {
        prove,
        worlds: 3000,
        ..Options::default()
    };
    let report = verify(&object, &object, &options).unwrap();
    println!("{report}");
    let branches = report.programs.iter().map(|program| &program.c_branches);
    let numbers = branches.map(|branches| (branches.taken, branches.all, branches.unreachable));
    Some(numbers.collect())
}

#[test]
fn what_no_world_takes_is_told_from_what_none_took() {
    let Some(found) = reached(&[], None) else {
        return;
    };
    assert_eq!(found, [(5, 5, 3)]);
    // Without a solver nobody knows of squares.
    assert_eq!(reached(&["-DSQUARE"], None), Some(vec![(6, 7, 3)]));
    if z3() {
        let prove = Some(ProveOptions::default());
        assert_eq!(reached(&["-DSQUARE"], prove), Some(vec![(6, 6, 4)]));
    }
    // Worlds with memory that ends within what is read, and with long texts.
    let end = reached(&["-DEND"], None).unwrap();
    assert!(end.last().is_some_and(|&(taken, all, _)| taken == all));
    // What lies behind a walk that can't be followed may be taken, as may what it calls.
    let walk = reached(&["-DWALK"], None);
    assert_eq!(walk.unwrap().last(), Some(&(4, 5, 1)));
}

/// The program in which fault `number` shows, and words of the report.
fn check_fault(number: u32, program: &str, words: &[&str]) {
    check_fault_in("calls.bpf.c", number, program, words);
}

fn check_fault_in(file: &str, number: u32, program: &str, words: &[&str]) {
    let Some(right) = build(file, &[]) else {
        return;
    };
    let Some(wrong) = build(file, &[&format!("-DFAULT={number}")]) else {
        return;
    };
    let report = compared(&right, &wrong);
    let faulty = report
        .programs
        .iter()
        .find(|one| one.name == program)
        .unwrap();
    assert_eq!(
        faulty.verdict,
        Verdict::Different,
        "fault {number}\n{report}"
    );
    let shown = faulty.difference.as_ref().unwrap().to_string();
    println!("{number}: {shown}");
    for word in words {
        assert!(
            shown.contains(word),
            "fault {number}: {word:?} not in {shown:?}"
        );
    }
    for other in report.programs.iter().filter(|one| one.name != program) {
        assert_eq!(other.verdict, Verdict::Equal, "fault {number}\n{report}");
    }
}

#[test]
fn every_fault_is_found() {
    check_fault(1, "example_enter", &[]);
    check_fault(2, "example_enter", &[]);
    check_fault(3, "example_enter", &["argument 1 = -1"]);
    check_fault(4, "example_enter", &[]);
    check_fault(5, "example_enter", &["argument 5"]);
    check_fault(6, "example_enter", &[]);
    check_fault(7, "example_enter", &[]);
    check_fault(8, "example_enter", &["path"]);
    check_fault(9, "example_enter", &["mode = 65535"]);
    check_fault(10, "example_enter", &["signal"]);
    check_fault(11, "example_enter", &["signal 9", "signal 15"]);
    check_fault(12, "example_enter", &["starts["]);
    check_fault(13, "example_enter", &["dropped"]);
    check_fault(14, "example_enter", &["printed"]);
    check_fault(15, "example_enter", &["last"]);
    check_fault(16, "example_enter", &["argument 4"]);
    check_fault(17, "example_enter", &["not wrapped"]);
    check_fault(18, "example_enter", &["argument"]);
    check_fault(19, "example_exit", &["the returned value"]);
    check_fault(20, "example_exit", &["slots["]);
    check_fault(21, "example_exit", &["slots["]);
    check_fault(22, "example_exit", &["record of events"]);
    check_fault(23, "example_exit", &["deleted starts["]);
    check_fault(24, "tick", &["deleted starts["]);
    check_fault(25, "tick", &["printed"]);
    check_fault(26, "decide", &["returned -1", "returned -13"]);
}

#[test]
fn faults_in_what_is_called_back_are_found() {
    check_fault_in("later.bpf.c", 1, "clock", &["bells["]);
    check_fault_in("later.bpf.c", 2, "clock", &["rung"]);
    check_fault_in("later.bpf.c", 3, "clock", &[]);
    check_fault_in("later.bpf.c", 4, "clock", &[]);
    check_fault_in("later.bpf.c", 5, "drain", &["samples"]);
    check_fault_in("later.bpf.c", 6, "drain", &["total"]);
    check_fault_in("later.bpf.c", 7, "memory", &["areas"]);
    check_fault_in("later.bpf.c", 8, "memory", &["areas"]);
}

#[test]
fn what_only_uncalled_functions_use_may_be_missing() {
    let Some(right) = build("calls.bpf.c", &[]) else {
        return;
    };
    let more = build("calls.bpf.c", &["-DWITH_UNCALLED"]).unwrap();
    let report = compared(&more, &right);
    assert_eq!(report.verdict, Verdict::Equal, "{report}");
}

fn check_refused(c: &[u8], rust: &[u8], words: &[&str]) {
    let error = verify(c, rust, &options()).unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "{word:?} not in {error:?}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_reason() {
    let Some(right) = build("calls.bpf.c", &[]) else {
        return;
    };
    let object = |options: &[&str]| build("calls.bpf.c", options).unwrap();
    check_refused(
        &object(&["-g0", "-DWITHOUT_CORE"]),
        &right,
        &["the C object", "BTF", "clang -g"],
    );
    check_refused(
        &right,
        &object(&["-g0", "-DWITHOUT_CORE"]),
        &["the Rust object", "BTF"],
    );
    check_refused(
        &right,
        &object(&["-target", "bpfeb"]),
        &["Rust", "Big-endian"],
    );
    check_refused(
        &right,
        &right[..right.len() / 2],
        &["the Rust object", "ELF"],
    );
    check_refused(&[], &right, &["the C object", "ELF"]);
    check_refused(b"\x7fELF", &right, &["the C object", "ELF"]);
    let native = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    check_refused(&native, &right, &["not for BPF"]);
    check_refused(
        &right,
        &object(&["-Dtick=tock"]),
        &["Rust object has no program tick"],
    );
    check_refused(
        &right,
        &object(&["-Dstarts=begins"]),
        &["Rust object has no map starts"],
    );
    check_refused(
        &right,
        &object(&["-Ddropped=lost"]),
        &["Rust object has no variable dropped"],
    );
    check_refused(
        &right,
        &object(&["-DSLOTS=9"]),
        &["map slots differs in shape", "9 entries"],
    );
}

/// Objects with random bytes changed are loaded, run or refused; none may panic or hang.
#[test]
fn damaged_objects_do_no_harm() {
    let Some(right) = build("calls.bpf.c", &[]) else {
        return;
    };
    let options = Options {
        worlds: 3,
        ..Options::default()
    };
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end as u64).unwrap()
    };
    let mut ran = 0;
    for _ in 0..400 {
        let mut damaged = right.clone();
        for _ in 0..=random(4) {
            let at = random(damaged.len());
            damaged[at] = match random(4) {
                0 => 0,
                1 => 0xff,
                2 => damaged[at] ^ 1 << random(8),
                _ => u8::try_from(random(256)).unwrap(),
            };
        }
        if random(8) == 0 {
            damaged.truncate(random(right.len()));
        }
        ran += usize::from(verify(&right, &damaged, &options).is_ok());
        ran += usize::from(verify(&damaged, &right, &options).is_ok());
    }
    assert!(ran > 100, "only {ran} of 800 damaged pairs could be run");
}

/// Whether z3 is installed, without which nothing is proven here.
fn z3() -> bool {
    let found = Command::new("z3").arg("-version").output().is_ok();
    if !found {
        eprintln!("no z3: nothing is proven");
    }
    found
}

/// What becomes of each program where only the proof may find a difference.
fn proven(name: &str, first: &[&str], second: &[&str]) -> Option<Report> {
    if !z3() {
        return None;
    }
    let options = Options {
        worlds: 0,
        prove: Some(ProveOptions {
            // Few, so that both ways to go through branches are tried.
            paths: 300,
            ..ProveOptions::default()
        }),
        ..Options::default()
    };
    let one = build(name, first)?;
    let other = build(name, second)?;
    Some(verify(&one, &other, &options).unwrap())
}

fn check_proven(name: &str, first: &[&str], second: &[&str]) {
    let Some(report) = proven(name, first, second) else {
        return;
    };
    for program in &report.programs {
        let proof = program.proof.as_ref().unwrap();
        // It walks through a hash map: how many elements there are nobody knows.
        let expected = if program.name == "tick" {
            Outcome::Undecided
        } else {
            Outcome::Proven
        };
        assert_eq!(proof.outcome, expected, "{second:?}\n{report}");
        assert_eq!(proof.reason.is_some(), expected == Outcome::Undecided);
    }
}

#[test]
fn the_same_source_is_proven_however_it_is_compiled() {
    check_proven("calls.bpf.c", &[], &["-mcpu=v1", "-O1"]);
    check_proven("calls.bpf.c", &["-mcpu=v4"], &["-Os"]);
    check_proven("contracts.bpf.c", &[], &["-mcpu=v1", "-O1"]);
    check_proven("contracts.bpf.c", &["-mcpu=v4"], &["-Os", "-DLOADER_KNOWS"]);
    check_proven("buffers.bpf.c", &[], &["-mcpu=v4", "-O1"]);
}

/// Where the solver finds the fault, and the machine replays it.
fn check_refuted(name: &str, options: &[&str], number: u32, program: &str) {
    let fault = format!("-DFAULT={number}");
    let faulty = [options, &[&fault]].concat();
    let Some(report) = proven(name, options, &faulty) else {
        return;
    };
    for one in &report.programs {
        let outcome = one.proof.as_ref().unwrap().outcome;
        if one.name == program {
            assert_eq!(outcome, Outcome::Refuted, "fault {number}\n{report}");
            assert!(one.difference.is_some(), "fault {number}\n{report}");
        } else {
            assert_ne!(outcome, Outcome::Refuted, "fault {number}\n{report}");
        }
    }
}

#[test]
fn a_solver_that_does_not_run_is_an_error() {
    let Some(object) = build("calls.bpf.c", &[]) else {
        return;
    };
    let options = Options {
        prove: Some(ProveOptions {
            solver: Some("no-such-solver --in".to_owned()),
            ..ProveOptions::default()
        }),
        ..options()
    };
    let error = verify(&object, &object, &options).unwrap_err().to_string();
    assert!(
        error.contains("no-such-solver") && error.contains("install z3"),
        "{error}"
    );
}

#[test]
fn the_proof_finds_every_fault() {
    for number in 1..=18 {
        check_refuted("calls.bpf.c", &[], number, "example_enter");
    }
    for number in 19..=23 {
        check_refuted("calls.bpf.c", &[], number, "example_exit");
    }
    check_refuted("calls.bpf.c", &[], 26, "decide");
}

#[test]
fn the_proof_finds_faults_around_helpers_that_keep_something() {
    for (number, program) in CONTRACT_FAULTS {
        // The rest of the file takes longest.
        let options: &[&str] = if number < 15 { &["-DPART"] } else { &[] };
        check_refuted("contracts.bpf.c", options, number, program);
    }
}

#[test]
fn no_fault_in_a_buffer_that_is_filled_piece_by_piece_is_proven() {
    for (number, program) in [
        (1, "appends"),
        (2, "appends"),
        (3, "marks"),
        (4, "marks"),
        (5, "wraps"),
    ] {
        let fault = format!("-DFAULT={number}");
        let Some(report) = proven("buffers.bpf.c", &[], &[&fault]) else {
            return;
        };
        for one in &report.programs {
            let outcome = one.proof.as_ref().unwrap().outcome;
            let right = one.name != program;
            assert_eq!(
                outcome == Outcome::Proven,
                right,
                "fault {number}\n{report}"
            );
        }
    }
}

/// clang asks whether the pointer is NULL, where the program asks about the sum.
#[test]
fn what_c_leaves_undefined_is_no_difference() {
    const DEFINED: [&str; 2] = ["-fno-strict-overflow", "-fno-delete-null-pointer-checks"];
    let plain = build("buffers.bpf.c", &[]);
    let (Some(plain), Some(defined)) = (plain, build("buffers.bpf.c", &DEFINED)) else {
        return;
    };
    let faulty = build("buffers.bpf.c", &[&DEFINED[..], &["-DFAULT=5"]].concat()).unwrap();
    let settled = |rust: &[u8]| {
        let mut report = compared(&plain, rust);
        let only = report.different();
        assert_eq!(only, ["wraps".to_owned()].into(), "{report}");
        let options = Options {
            only: Some(only),
            ..options()
        };
        report.settle(verify(&defined, rust, &options).unwrap());
        report
    };
    let report = settled(&defined);
    assert_eq!(report.verdict, Verdict::Equal, "{report}");
    assert!(report.to_string().contains("leaves undefined"), "{report}");
    let report = settled(&faulty);
    assert_eq!(report.verdict, Verdict::Different, "{report}");
    assert!(!report.to_string().contains("leaves undefined"), "{report}");
}

/// The faults of `contracts.bpf.c`, and the program in which each shows.
const CONTRACT_FAULTS: [(u32, &str); 14] = [
    (1, "put"),
    (3, "take"),
    (4, "take"),
    (5, "remember"),
    (6, "remember"),
    (7, "walk"),
    (8, "walk"),
    (10, "text"),
    (11, "text"),
    (12, "packet"),
    (13, "packet"),
    (14, "packet"),
    (15, "redirect"),
    (16, "many"),
];

#[test]
fn a_port_of_a_part_is_compared_in_part() {
    let Some(whole) = build("contracts.bpf.c", &[]) else {
        return;
    };
    let Some(part) = build("contracts.bpf.c", &["-DPART"]) else {
        return;
    };
    check_refused(&whole, &part, &["Rust object has no program"]);
    let options = Options {
        partly: true,
        ..options()
    };
    let report = verify(&whole, &part, &options).unwrap();
    assert_eq!(report.alone, ["redirect", "many"]);
    assert_eq!(report.verdict, Verdict::Equal, "{report}");
    assert!(verify(&part, &whole, &options).is_err());
}

/// Builds a file thrice: as C, as a port that does the same, and as one that doesn't.
#[track_caller]
fn check_port(file: &str, c: &[&str], port: &[&str], faulty: &[&str]) {
    let objects = [c, port, faulty].map(|options| build(file, options));
    let [Some(c), Some(port), Some(faulty)] = objects else {
        return;
    };
    let report = compared(&c, &port);
    assert_eq!(report.verdict, Verdict::Equal, "{report}");
    let report = compared(&c, &faulty);
    assert_eq!(report.verdict, Verdict::Different, "{report}");
}

#[test]
fn maps_from_before_btf_are_compared() {
    check_port(
        "legacy.bpf.c",
        &["-DSECTION=\"maps/counts\"", "-DSTEP=1"],
        &["-DSECTION=\"maps\"", "-DSTEP=1"],
        &["-DSECTION=\"maps/counts\"", "-DSTEP=2"],
    );
}

#[test]
fn maps_of_other_objects_are_compared() {
    check_port(
        "shared.bpf.c",
        &["-DELSEWHERE", "-DSTEP=1"],
        &["-DSTEP=1"],
        &["-DSTEP=2"],
    );
}

#[test]
fn bytes_that_c_leaves_unwritten_may_be_as_they_were() {
    check_port(
        "padding.bpf.c",
        &["-DSTEP=0"],
        &["-DPORT", "-DSTEP=0"],
        &["-DPORT", "-DSTEP=1"],
    );
}

#[test]
fn elements_have_the_same_addresses_and_only_what_c_keeps_there() {
    check_port(
        "elements.bpf.c",
        &["-DSTEP=1"],
        &["-DPORT", "-DSTEP=1"],
        &["-DPORT", "-DSTEP=2"],
    );
}

#[test]
fn what_is_of_the_kernel_is_the_same_for_both() {
    let object = |options: &[&str]| build("kernel.bpf.c", options);
    let (Some(c), Some(port)) = (object(&[]), object(&["-DPORT"])) else {
        return;
    };
    let report = compared(&c, &port);
    assert_eq!(report.verdict, Verdict::Equal, "{report}");
}
