//! Loads the programs and attaches them, each kind in its way.

use std::{
    ffi::CString,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use aya::{
    Btf, Ebpf,
    maps::{
        ArrayOfMaps, HashOfMaps, Map, MapData, ProgramArray, SockHash, SockMap, sock::SockMapFd,
    },
    programs::{
        BtfTracePoint, CgroupAttachMode, CgroupDevice, CgroupSkb, CgroupSkbAttachType, CgroupSock,
        CgroupSockAddr, CgroupSockopt, CgroupSysctl, FEntry, FExit, FlowDissector, Iter, KProbe,
        Lsm, LsmCgroup, PerfEvent, Program, ProgramError, RawTracePoint, SchedClassifier, SkLookup,
        SkMsg, SkReuseport, SkSkb, SockOps, SocketFilter, TcAttach, TcAttachType, TracePoint,
        UProbe, Xdp, XdpMode,
        perf_event::{PerfEventConfig, PerfEventScope, SamplePolicy, SoftwareEvent},
        uprobe::{UProbeAttachLocation, UProbeScope},
    },
    util::online_cpus,
};

use crate::syscalls::Syscalls;

/// The program called `name`.
fn program<'a, T>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut T>
where
    &'a mut T: TryFrom<&'a mut Program, Error = ProgramError>,
{
    let program = ebpf
        .program_mut(name)
        .with_context(|| format!("no program {name}"))?;
    Ok(program.try_into()?)
}

/// Says which program can't be loaded.
fn unloadable(name: &str) -> impl FnOnce() -> String {
    move || format!("can't load {name}")
}

/// Says which program can't be attached.
fn unattachable(name: &str, to: &str) -> impl FnOnce() -> String {
    move || format!("can't attach {name} to {to}")
}

/// Attaches to a system call: whether this kernel has it.
pub fn syscall(ebpf: &mut Ebpf, syscalls: &Syscalls, name: &str, call: &str) -> Result<bool> {
    let Some(function) = syscalls.function(call) else {
        eprintln!("{name} isn't attached: this kernel has no system call {call}");
        return Ok(false);
    };
    kprobe(ebpf, name, &function, 0)
}

/// Attaches to the function by which 32-bit programs enter a system call: whether they have one of
/// their own on this kernel.
pub fn compat_syscall(
    ebpf: &mut Ebpf,
    syscalls: &Syscalls,
    name: &str,
    call: &str,
) -> Result<bool> {
    match syscalls.compat_function(call) {
        Some(function) => kprobe(ebpf, name, &function, 0),
        None => Ok(false),
    }
}

/// Attaches to a function of the kernel, or to its return: whether this kernel has it.
pub fn kprobe(ebpf: &mut Ebpf, name: &str, function: &str, offset: u64) -> Result<bool> {
    let program: &mut KProbe = program(ebpf, name)?;
    // It may be attached to another function already.
    if program.fd().is_err() {
        program.load().with_context(unloadable(name))?;
    }
    let attached = program
        .attach(function, offset)
        .with_context(unattachable(name, function));
    match attached {
        Err(error) if is_missing(&error) => {
            eprintln!("{name} isn't attached: this kernel has no function {function}");
            Ok(false)
        }
        attached => attached.map(|_| true),
    }
}

/// Whether the reason is that something isn't there.
fn is_missing(error: &anyhow::Error) -> bool {
    (error.chain().filter_map(|cause| cause.downcast_ref()))
        .any(|cause: &io::Error| cause.kind() == io::ErrorKind::NotFound)
}

/// Attaches to a function of a program or library, `PATH:FUNCTION+OFFSET`, or to its return, in
/// every process.
pub fn uprobe(ebpf: &mut Ebpf, name: &str, target: &str) -> Result<()> {
    let (path, place) = target
        .rsplit_once(':')
        .with_context(|| format!("{target} isn't PATH:FUNCTION"))?;
    let (function, offset) = place.split_once('+').unwrap_or((place, "0"));
    let offset = number(offset).with_context(|| format!("{offset} isn't an offset"))?;
    let location = match number(function) {
        Some(address) => UProbeAttachLocation::AbsoluteOffset(address + offset),
        None => UProbeAttachLocation::SymbolOffset(function, offset),
    };
    let program: &mut UProbe = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach([location], path, UProbeScope::AllProcesses)
        .with_context(unattachable(name, target))?;
    Ok(())
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Attaches to a tracepoint.
pub fn tracepoint(ebpf: &mut Ebpf, name: &str, category: &str, event: &str) -> Result<()> {
    let program: &mut TracePoint = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(category, event)
        .with_context(unattachable(name, event))?;
    Ok(())
}

/// Attaches to a tracepoint by its raw arguments.
pub fn raw_tracepoint(ebpf: &mut Ebpf, name: &str, event: &str) -> Result<()> {
    let program: &mut RawTracePoint = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(event)
        .with_context(unattachable(name, event))?;
    Ok(())
}

/// Attaches to a tracepoint by its typed arguments.
pub fn btf_tracepoint(ebpf: &mut Ebpf, name: &str, event: &str) -> Result<()> {
    let btf = Btf::from_sys_fs()?;
    let program: &mut BtfTracePoint = program(ebpf, name)?;
    program.load(event, &btf).with_context(unloadable(name))?;
    program.attach().with_context(unattachable(name, event))?;
    Ok(())
}

/// Attaches to where a function of the kernel begins.
pub fn fentry(ebpf: &mut Ebpf, name: &str, function: &str) -> Result<()> {
    let btf = Btf::from_sys_fs()?;
    let program: &mut FEntry = program(ebpf, name)?;
    program
        .load(function, &btf)
        .with_context(unloadable(name))?;
    program
        .attach()
        .with_context(unattachable(name, function))?;
    Ok(())
}

/// Attaches to where a function of the kernel ends.
pub fn fexit(ebpf: &mut Ebpf, name: &str, function: &str) -> Result<()> {
    let btf = Btf::from_sys_fs()?;
    let program: &mut FExit = program(ebpf, name)?;
    program
        .load(function, &btf)
        .with_context(unloadable(name))?;
    program
        .attach()
        .with_context(unattachable(name, function))?;
    Ok(())
}

/// Attaches to a hook of the security modules.
pub fn lsm(ebpf: &mut Ebpf, name: &str, hook: &str) -> Result<()> {
    let btf = Btf::from_sys_fs()?;
    let program: &mut Lsm = program(ebpf, name)?;
    program.load(hook, &btf).with_context(unloadable(name))?;
    program.attach().with_context(unattachable(name, hook))?;
    Ok(())
}

/// Attaches to a hook of the security modules for the processes of a control group.
pub fn lsm_cgroup(ebpf: &mut Ebpf, name: &str, hook: &str, cgroup: &Path) -> Result<()> {
    let btf = Btf::from_sys_fs()?;
    let group = open(cgroup)?;
    let program: &mut LsmCgroup = program(ebpf, name)?;
    program.load(hook, &btf).with_context(unloadable(name))?;
    program
        .attach(group)
        .with_context(unattachable(name, hook))?;
    Ok(())
}

/// Prints what an iterator over the kernel's objects says.
pub fn iter(ebpf: &mut Ebpf, name: &str, over: &str) -> Result<()> {
    let btf = Btf::from_sys_fs()?;
    let program: &mut Iter = program(ebpf, name)?;
    program.load(over, &btf).with_context(unloadable(name))?;
    let link = program.attach().with_context(unattachable(name, over))?;
    let link = program.take_link(link)?;
    let mut text = String::new();
    link.into_file()?.read_to_string(&mut text)?;
    print!("{text}");
    Ok(())
}

/// Runs on every CPU so many times a second.
pub fn perf_event(ebpf: &mut Ebpf, name: &str, frequency: u64) -> Result<()> {
    let program: &mut PerfEvent = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    let clock = PerfEventConfig::Software(SoftwareEvent::CpuClock);
    for cpu in online_cpus().map_err(|(what, error)| anyhow::Error::new(error).context(what))? {
        let scope = PerfEventScope::AllProcessesOneCpu { cpu };
        program
            .attach(clock, scope, SamplePolicy::Frequency(frequency), true)
            .with_context(unattachable(name, &format!("CPU {cpu}")))?;
    }
    Ok(())
}

/// Attaches to what a network interface receives, ahead of the network stack.
pub fn xdp(ebpf: &mut Ebpf, name: &str, interface: &str) -> Result<()> {
    let device = CString::new(interface)?;
    let program: &mut Xdp = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(&device, XdpMode::default())
        .with_context(unattachable(name, interface))?;
    Ok(())
}

/// Attaches to what a network interface receives, or sends.
pub fn classifier(ebpf: &mut Ebpf, name: &str, interface: &str, egress: bool) -> Result<()> {
    let device = CString::new(interface)?;
    let direction = if egress {
        TcAttachType::Egress
    } else {
        TcAttachType::Ingress
    };
    let program: &mut SchedClassifier = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(&device, TcAttach::Auto(direction))
        .with_context(unattachable(name, interface))?;
    Ok(())
}

/// Attaches to the packets that the processes of a control group receive, or send.
pub fn cgroup_skb(ebpf: &mut Ebpf, name: &str, cgroup: &Path, egress: bool) -> Result<()> {
    let group = open(cgroup)?;
    let direction = if egress {
        CgroupSkbAttachType::Egress
    } else {
        CgroupSkbAttachType::Ingress
    };
    let program: &mut CgroupSkb = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, direction, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the sockets of the processes of a control group.
pub fn cgroup_sock(ebpf: &mut Ebpf, name: &str, cgroup: &Path) -> Result<()> {
    let group = open(cgroup)?;
    let program: &mut CgroupSock = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the sockets' addresses of the processes of a control group.
pub fn cgroup_sock_addr(ebpf: &mut Ebpf, name: &str, cgroup: &Path) -> Result<()> {
    let group = open(cgroup)?;
    let program: &mut CgroupSockAddr = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the sockets' options of the processes of a control group.
pub fn cgroup_sockopt(ebpf: &mut Ebpf, name: &str, cgroup: &Path) -> Result<()> {
    let group = open(cgroup)?;
    let program: &mut CgroupSockopt = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the system controls of the processes of a control group.
pub fn cgroup_sysctl(ebpf: &mut Ebpf, name: &str, cgroup: &Path) -> Result<()> {
    let group = open(cgroup)?;
    let program: &mut CgroupSysctl = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the devices of the processes of a control group.
pub fn cgroup_device(ebpf: &mut Ebpf, name: &str, cgroup: &Path) -> Result<()> {
    let group = open(cgroup)?;
    let program: &mut CgroupDevice = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the connections of the processes of a control group.
pub fn sock_ops(ebpf: &mut Ebpf, name: &str, cgroup: &Path) -> Result<()> {
    let group = open(cgroup)?;
    let program: &mut SockOps = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(group, CgroupAttachMode::Single)
        .with_context(unattachable(name, &cgroup.display().to_string()))?;
    Ok(())
}

/// Attaches to the lookup of sockets in this network namespace.
pub fn sk_lookup(ebpf: &mut Ebpf, name: &str) -> Result<()> {
    let namespace = open(Path::new(NAMESPACE))?;
    let program: &mut SkLookup = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(namespace)
        .with_context(unattachable(name, NAMESPACE))?;
    Ok(())
}

/// Attaches to the dissection of packets in this network namespace.
pub fn flow_dissector(ebpf: &mut Ebpf, name: &str) -> Result<()> {
    let namespace = open(Path::new(NAMESPACE))?;
    let program: &mut FlowDissector = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(namespace)
        .with_context(unattachable(name, NAMESPACE))?;
    Ok(())
}

/// Attaches to the messages of the sockets in a map, whose keys have `K` bytes.
pub fn sk_msg<const K: usize>(ebpf: &mut Ebpf, name: &str, map: &str) -> Result<()> {
    let sockets = sockets::<K>(ebpf, map)?;
    let program: &mut SkMsg = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(&sockets)
        .with_context(unattachable(name, map))?;
    Ok(())
}

/// Attaches to the data of the sockets in a map, whose keys have `K` bytes.
pub fn sk_skb<const K: usize>(ebpf: &mut Ebpf, name: &str, map: &str) -> Result<()> {
    let sockets = sockets::<K>(ebpf, map)?;
    let program: &mut SkSkb = program(ebpf, name)?;
    program.load().with_context(unloadable(name))?;
    program
        .attach(&sockets)
        .with_context(unattachable(name, map))?;
    Ok(())
}

fn sockets<const K: usize>(ebpf: &Ebpf, name: &str) -> Result<SockMapFd> {
    let map = ebpf.map(name).with_context(|| format!("no map {name}"))?;
    Ok(match map {
        Map::SockHash(_) => SockHash::<_, [u8; K]>::try_from(map)?.fd().try_clone()?,
        _ => SockMap::try_from(map)?.fd().try_clone()?,
    })
}

/// Loads a program that something else has to attach.
pub fn load_socket_filter(ebpf: &mut Ebpf, name: &str) -> Result<()> {
    let program: &mut SocketFilter = program(ebpf, name)?;
    program.load().with_context(unloadable(name))
}

/// Loads a program that something else has to attach.
pub fn load_sk_reuseport(ebpf: &mut Ebpf, name: &str) -> Result<()> {
    let program: &mut SkReuseport = program(ebpf, name)?;
    program.load().with_context(unloadable(name))
}

/// Loads a program that nothing is attached to yet.
pub fn load_program<'a>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut Program> {
    let program = ebpf
        .program_mut(name)
        .with_context(|| format!("no program {name}"))?;
    let loaded = match program {
        Program::KProbe(program) => program.load(),
        Program::UProbe(program) => program.load(),
        Program::TracePoint(program) => program.load(),
        Program::RawTracePoint(program) => program.load(),
        Program::PerfEvent(program) => program.load(),
        Program::Xdp(program) => program.load(),
        Program::SchedClassifier(program) => program.load(),
        Program::SocketFilter(program) => program.load(),
        Program::CgroupSkb(program) => program.load(),
        Program::SkMsg(program) => program.load(),
        Program::SkSkb(program) => program.load(),
        other => bail!("{name} is a {:?}: nothing calls that", other.prog_type()),
    };
    match loaded {
        Ok(()) | Err(ProgramError::AlreadyLoaded) => Ok(program),
        Err(error) => Err(error).with_context(unloadable(name)),
    }
}

/// Loads a program, and makes it the one that a tail call to `index` of a map goes to.
pub fn tail_call(ebpf: &mut Ebpf, map: &str, index: u32, name: &str) -> Result<()> {
    let program = load_program(ebpf, name)?.fd()?.try_clone()?;
    let calls = ebpf.map_mut(map).with_context(|| format!("no map {map}"))?;
    ProgramArray::try_from(calls)?.set(index, &program, 0)?;
    Ok(())
}

/// Puts the map `inner` into a map of maps.
pub fn inner_map(ebpf: &mut Ebpf, outer: &str, key: u32, inner: &str) -> Result<()> {
    let map = ebpf
        .map(inner)
        .with_context(|| format!("no map {inner}"))?;
    let inner = match map {
        Map::Array(data)
        | Map::BloomFilter(data)
        | Map::HashMap(data)
        | Map::LpmTrie(data)
        | Map::LruHashMap(data)
        | Map::PerCpuArray(data)
        | Map::PerCpuHashMap(data)
        | Map::PerCpuLruHashMap(data)
        | Map::PerfEventArray(data)
        | Map::Queue(data)
        | Map::RingBuf(data)
        | Map::SockHash(data)
        | Map::SockMap(data)
        | Map::Stack(data)
        | Map::StackTraceMap(data) => MapData::from_id(data.info()?.id())?,
        _ => bail!("{inner} can't be put into another map"),
    };
    let map = ebpf
        .map_mut(outer)
        .with_context(|| format!("no map {outer}"))?;
    if matches!(map, Map::HashOfMaps(_)) {
        HashOfMaps::<_, u32, MapData>::try_from(map)?.insert(&key, &inner, 0)?;
    } else {
        ArrayOfMaps::<_, MapData>::try_from(map)?.set(key, &inner, 0)?;
    }
    Ok(())
}

const NAMESPACE: &str = "/proc/self/ns/net";

fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("can't open {}", path.display()))
}
