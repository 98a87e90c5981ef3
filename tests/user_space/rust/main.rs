//! Loads the port of watch.bpf.c by libbpf-rs, makes the call, and prints what the port saw.

mod c2aya;

use std::os::unix::process::parent_id;

use anyhow::{Context as _, Result, ensure};
use libbpf_rs::{MapCore as _, MapFlags, ObjectBuilder};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("which object?")?;
    let mut open = ObjectBuilder::default().open_file(&path)?;
    c2aya::fill(&mut open, &path, "watch")?;
    let mut object = open.load()?;
    let links = c2aya::attach(&mut object, "watch")?;
    ensure!(links.len() == 2, "{} attached", links.len());
    let mut buffer = [0u8; 11];
    let read = unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        libc::pread(-7, buffer.as_mut_ptr().cast(), buffer.len(), 13)
    };
    ensure!(read < 0, "pread went well");
    let seen = object.maps().find(|map| map.name() == "seen");
    let seen = seen.context("no map")?;
    for key in 0..9u32 {
        let value = seen.lookup(&key.to_ne_bytes(), MapFlags::ANY)?;
        let value = value.context("no value")?;
        println!("{}", i64::from_ne_bytes(value.as_slice().try_into()?));
    }
    println!("parent {}", parent_id());
    Ok(())
}
