//! Writes down for the witness what to do; its language is described in witness/plan.c.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::{Context as _, Result};

use crate::{
    call::{ARGUMENTS, Argument, Memory, Part},
    calls::{Calls, Scenario, Step, Value},
    machine::Machine,
    shown::Form,
};

/// How a program meets a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Syscall,
    Function,
    Return,
    TestRun,
    /// A real system call.
    Kernel,
}

impl Kind {
    /// By the section of the C object. `None`: it can be loaded, but not run here.
    pub fn of_section(section: &str) -> Option<Self> {
        let (kind, target) = section.split_once('/').unwrap_or((section, ""));
        Some(match kind.trim_start_matches('?') {
            "ksyscall" => Self::Syscall,
            // The wrapper, which gets the address of the saved registers.
            "kprobe" if target.starts_with("__") && target.contains("_sys_") => Self::Syscall,
            "kprobe" | "uprobe" | "kprobe.multi" | "uprobe.multi" => Self::Function,
            "kretprobe" | "kretsyscall" | "uretprobe" | "kretprobe.multi" => Self::Return,
            "raw_tp" | "raw_tracepoint" | "socket" | "xdp" | "tc" | "classifier" | "action"
            | "tcx" | "cgroup_skb" | "syscall" => Self::TestRun,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Syscall => "syscall",
            Self::Function => "function",
            Self::Return => "return",
            Self::TestRun => "run",
            Self::Kernel => "kernel",
        }
    }
}

/// A plan that only loads one object.
pub fn load(object: &Path, wrapper: bool, values: &BTreeMap<String, i64>) -> String {
    let mut plan = format!(
        "load\nwrapper {}\nside 0 {}\n",
        u8::from(wrapper),
        object.display()
    );
    for (symbol, value) in values {
        let _ = writeln!(plan, "number 0 {symbol} {value:x}");
    }
    plan
}

/// A plan that runs a scenario on both objects. `kinds` knows every program that can be run.
pub fn compare(
    objects: [&Path; 2],
    wrapper: bool,
    calls: &Calls,
    scenario: &Scenario,
    kinds: &BTreeMap<String, Kind>,
) -> Result<String> {
    let mut plan = Plan::new(Machine::X86_64);
    plan.line(format_args!("wrapper {}", u8::from(wrapper)));
    plan.line(format_args!("ids {:x} {:x}", scenario.uid, scenario.gid));
    for (side, object) in objects.iter().enumerate() {
        plan.line(format_args!("side {side} {}", object.display()));
    }
    plan.scenario(calls, scenario);
    for step in &scenario.steps {
        match step {
            Step::Sleep(ms) => plan.line(format_args!("sleep {ms:x}")),
            Step::Call(call) => {
                let kind = kinds.get(&call.program).with_context(|| {
                    format!(
                        "{}: there is no program {} to run",
                        scenario.name, call.program
                    )
                })?;
                plan.call(*kind, &call.program, &call.arguments);
            }
        }
    }
    Ok(plan.text)
}

/// A plan that runs a scenario on a kernel with kprobes: its calls are system calls. `btf` describes
/// the types of a kernel that doesn't itself; `own` is the port's own loader, and how it is to print.
pub fn on_kernel(
    objects: [&Path; 2],
    machine: Machine,
    calls: &Calls,
    scenario: &Scenario,
    btf: Option<&str>,
    own: Option<(&str, Form)>,
) -> String {
    let mut plan = Plan::new(machine);
    plan.line(format_args!("kernel"));
    if let Some(btf) = btf {
        plan.line(format_args!("btf {btf}"));
    }
    if let Some((loader, form)) = own {
        plan.line(format_args!("loader {loader}"));
        let json = (form == Form::Json).then(|| "--json".to_owned());
        for option in json.into_iter().chain(scenario.set.iter().map(option)) {
            plan.line(format_args!("option {}", hex(option.as_bytes())));
        }
    }
    plan.line(format_args!("ids {:x} {:x}", scenario.uid, scenario.gid));
    for (side, object) in objects.iter().enumerate() {
        plan.line(format_args!("side {side} {}", object.display()));
    }
    plan.scenario(calls, scenario);
    for step in &scenario.steps {
        match step {
            Step::Sleep(ms) => plan.line(format_args!("sleep {ms:x}")),
            Step::Call(call) => plan.call(Kind::Kernel, &call.program, &call.arguments),
        }
    }
    plan.text
}

/// A constant that the loader sets, as its command line has it.
fn option((symbol, value): (&String, &Value)) -> String {
    let name = symbol.replace('_', "-");
    match value {
        Value::Flag(true) => format!("--{name}"),
        Value::Flag(false) => format!("--{name}=false"),
        Value::Number(number) => format!("--{name}={number}"),
        Value::Text(text) => format!("--{name}={}", text.trim_end_matches('\0')),
    }
}

struct Plan {
    text: String,
    blobs: usize,
    machine: Machine,
}

impl Plan {
    fn new(machine: Machine) -> Self {
        Self {
            text: String::new(),
            blobs: 0,
            machine,
        }
    }

    /// What isn't compared, and the constants.
    fn scenario(&mut self, calls: &Calls, scenario: &Scenario) {
        for masked in &calls.masked {
            let structure = masked.structure.as_deref().unwrap_or("-");
            for field in &masked.fields {
                self.line(format_args!("mask {} {structure} {field}", masked.map));
            }
        }
        for (symbol, value) in &scenario.set {
            match value {
                Value::Number(number) => self.line(format_args!("number * {symbol} {number:x}")),
                Value::Flag(flag) => {
                    self.line(format_args!("number * {symbol} {:x}", u8::from(*flag)))
                }
                Value::Text(text) => {
                    self.line(format_args!("set * {symbol} {}", hex(text.as_bytes())))
                }
            }
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{line}");
    }

    fn call(&mut self, kind: Kind, program: &str, arguments: &[Argument]) {
        let mut words: Vec<_> = arguments
            .iter()
            .map(|argument| self.argument(argument))
            .collect();
        // What the call doesn't have: whoever reads it gets a number that shows.
        for number in words.len()..ARGUMENTS {
            words.push(format!("{:x}", 0x5a5a_5a5a_5a5a_5a00 + number));
        }
        self.line(format_args!(
            "call {} {program} {}",
            kind.word(),
            words.join(" ")
        ));
    }

    fn argument(&mut self, argument: &Argument) -> String {
        match argument {
            Argument::Number(number) => format!("{number:x}"),
            Argument::Memory(memory) => format!("@{:x}", self.memory(memory)),
        }
    }

    /// Adds memory, and the memory that it points to; its number is what later lines call it by.
    fn memory(&mut self, memory: &Memory) -> usize {
        let mut bytes: Vec<u8> = Vec::new();
        let mut pointers = Vec::new();
        for part in &memory.parts {
            match part {
                Part::Bytes(more) => bytes.extend(more),
                Part::Number(number, size) => bytes.extend(self.machine.bytes(*number, *size)),
                Part::Word(Argument::Number(number)) => {
                    bytes.extend(self.machine.bytes(*number, self.machine.word()));
                }
                Part::Word(Argument::Memory(inner)) => {
                    let inner = self.memory(inner);
                    pointers.push((bytes.len(), inner));
                    bytes.resize(bytes.len() + self.machine.word(), 0);
                }
            }
        }
        let place = if memory.edge { "edge" } else { "plain" };
        self.line(format_args!("blob {place} {}", hex(&bytes)));
        let number = self.blobs;
        self.blobs += 1;
        for (at, inner) in pointers {
            self.line(format_args!("point {number:x} {at:x} {inner:x}"));
        }
        number
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::parse;

    fn check(call: &str, expected: &str) {
        let call = parse(call).unwrap();
        let mut plan = Plan::new(Machine::X86_64);
        plan.call(Kind::Syscall, &call.program, &call.arguments);
        let text = plan.text.replace("5a5a5a5a5a5a5a0", "-");
        assert_eq!(text.trim_end(), expected);
    }

    #[test]
    fn arguments_beyond_the_call_show() {
        check("f(1)", "call syscall f 1 -1 -2 -3 -4 -5");
    }

    #[test]
    fn inner_memory_comes_first() {
        check(
            r#"f(["a"])"#,
            "blob plain 6100\nblob plain 00000000000000000000000000000000\npoint 1 0 0\n\
             call syscall f @1 -1 -2 -3 -4 -5",
        );
    }

    #[test]
    fn packed_numbers_keep_their_size() {
        check(
            "f(edge {1u16, 2u32})",
            "blob edge 010002000000\ncall syscall f @0 -1 -2 -3 -4 -5",
        );
    }

    #[test]
    fn sections_say_how_programs_are_called() {
        let check = |section: &str, kind| assert_eq!(Kind::of_section(section), kind, "{section}");
        check("ksyscall/read", Some(Kind::Syscall));
        check("ksyscall", Some(Kind::Syscall));
        check("kprobe/__x64_sys_read", Some(Kind::Syscall));
        check("kprobe/vfs_read", Some(Kind::Function));
        check("kretsyscall/read", Some(Kind::Return));
        check("raw_tp/sys_enter", Some(Kind::TestRun));
        check("fentry/vfs_read", None);
    }
}
