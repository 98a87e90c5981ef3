//! Prints what the maps hold.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use aya::{
    Ebpf,
    maps::{Array, HashMap, Map, MapError, PerCpuArray, PerCpuHashMap, Queue, Stack},
};
use serde_json::{Value, json};

use crate::decode::{Text, Type};

/// The maps of an object, and how they are shown.
pub struct Contents<'a> {
    pub ebpf: &'a mut Ebpf,
    pub json: bool,
}

impl Contents<'_> {
    /// Prints the entries of a hash map.
    pub fn hash<const K: usize, const V: usize>(
        &self,
        name: &str,
        key: Type,
        value: Type,
    ) -> Result<()> {
        let map = HashMap::<_, [u8; K], [u8; V]>::try_from(self.map(name)?)?;
        for entry in map.iter() {
            let (at, bytes) = entry?;
            self.print(name, key.decode(&at), value.decode(&bytes))?;
        }
        Ok(())
    }

    /// Prints the entries of a hash map that has a value for each CPU.
    pub fn per_cpu_hash<const K: usize, const V: usize>(
        &self,
        name: &str,
        key: Type,
        value: Type,
    ) -> Result<()> {
        let map = PerCpuHashMap::<_, [u8; K], [u8; V]>::try_from(self.map(name)?)?;
        for entry in map.iter() {
            let (at, values) = entry?;
            self.print(name, key.decode(&at), all_cpus(value, &values))?;
        }
        Ok(())
    }

    /// Prints the entries of an array that aren't all zeros.
    pub fn array<const V: usize>(&self, name: &str, value: Type) -> Result<()> {
        let map = Array::<_, [u8; V]>::try_from(self.map(name)?)?;
        for (index, bytes) in map.iter().enumerate() {
            let bytes = bytes?;
            if bytes.iter().any(|&byte| byte != 0) {
                self.print(name, index.into(), value.decode(&bytes))?;
            }
        }
        Ok(())
    }

    /// Prints the entries that aren't all zeros of an array that has a value for each CPU.
    pub fn per_cpu_array<const V: usize>(&self, name: &str, value: Type) -> Result<()> {
        let map = PerCpuArray::<_, [u8; V]>::try_from(self.map(name)?)?;
        for (index, values) in map.iter().enumerate() {
            let values = values?;
            if values.iter().flatten().any(|&byte| byte != 0) {
                self.print(name, index.into(), all_cpus(value, &values))?;
            }
        }
        Ok(())
    }

    /// Prints the elements of a queue, and takes them out.
    pub fn queue<const V: usize>(&mut self, name: &str, value: Type) -> Result<()> {
        let mut map = Queue::<_, [u8; V]>::try_from(self.map_mut(name)?)?;
        let mut elements = Vec::new();
        while let Some(bytes) = popped(map.pop(0))? {
            elements.push(value.decode(&bytes));
        }
        self.print_all(name, elements)
    }

    /// Prints the elements of a stack, and takes them out.
    pub fn stack<const V: usize>(&mut self, name: &str, value: Type) -> Result<()> {
        let mut map = Stack::<_, [u8; V]>::try_from(self.map_mut(name)?)?;
        let mut elements = Vec::new();
        while let Some(bytes) = popped(map.pop(0))? {
            elements.push(value.decode(&bytes));
        }
        self.print_all(name, elements)
    }

    fn map(&self, name: &str) -> Result<&Map> {
        self.ebpf
            .map(name)
            .with_context(|| format!("no map {name}"))
    }

    fn map_mut(&mut self, name: &str) -> Result<&mut Map> {
        self.ebpf
            .map_mut(name)
            .with_context(|| format!("no map {name}"))
    }

    fn print_all(&self, name: &str, elements: Vec<Value>) -> Result<()> {
        (elements.into_iter().enumerate())
            .try_for_each(|(index, element)| self.print(name, index.into(), element))
    }

    fn print(&self, name: &str, key: Value, value: Value) -> Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(
                out,
                "{}",
                json!({ "map": name, "key": key, "value": value })
            )?;
        } else {
            writeln!(out, "{name}[{}]: {}", Text(&key), Text(&value))?;
        }
        Ok(())
    }
}

/// An element, or none where there are no more.
fn popped<T>(element: Result<T, MapError>) -> Result<Option<T>> {
    match element {
        Ok(element) => Ok(Some(element)),
        Err(MapError::ElementNotFound) => Ok(None),
        Err(MapError::SyscallError(error)) if error.io_error.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Numbers are added up; of anything else the values that aren't all zeros are listed.
fn all_cpus<const V: usize>(value: Type, values: &[[u8; V]]) -> Value {
    if let Type::Unsigned(8) | Type::Signed(8) | Type::Unsigned(4) | Type::Signed(4) = value {
        let sum = values
            .iter()
            .filter_map(|bytes| value.integer(bytes))
            .sum::<i128>();
        return u64::try_from(sum).map_or_else(|_| sum.to_string().into(), Value::from);
    }
    let used = (values.iter().enumerate()).filter(|(_, bytes)| bytes.iter().any(|&byte| byte != 0));
    used.map(|(cpu, bytes)| json!({ "cpu": cpu, "value": value.decode(bytes) }))
        .collect()
}
