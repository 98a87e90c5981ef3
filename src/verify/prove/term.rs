//! Terms over bit-vectors, each held once: equal terms have equal numbers.
//!
//! A term never has more than 64 bits. One bit is also a truth value.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use crate::verify::{
    error::Side,
    world::{Atom, Stable},
};

/// The number of a term; those of its parts are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u32);

/// The number of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(u32);

/// How an argument of a helper is part of what its answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A number, one term.
    Number,
    /// Bytes, a term for each.
    Memory(usize),
    /// A map, no term.
    Map(Arc<str>),
    /// Something of the machine's own, no term.
    Opaque,
}

/// A function of which nothing is known but that equal arguments have equal values: what a
/// program can learn from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// What the world has a single answer for.
    Atom(Atom),
    /// A byte of kernel or user memory, by its address.
    Memory,
    /// Whether memory can be read, by address and size.
    Readable,
    /// Whether text can be read, by address and size of the buffer.
    TextReadable,
    /// The length of text with its null byte, by address and size of the buffer.
    TextLength,
    /// Whether a map has an element, by its key.
    Present(Arc<str>),
    /// Whether an array hides an element, by its key.
    Missing(Arc<str>),
    /// Whether another CPU adds an element, by its key.
    Raced(Arc<str>),
    /// Eight bytes of an element, by its key and the CPU.
    Value(Arc<str>, u32),
    /// What a helper returns, by its arguments.
    Result(Arc<str>, Vec<Shape>),
    /// Eight bytes that a helper writes, by its arguments.
    Output(Arc<str>, Vec<Shape>, u32),
    /// A byte that nobody wrote, by the piece of memory and the offset.
    Unwritten(Side, u32, u32),
    /// A byte of a piece of memory with this name for what it holds, by its offset.
    Contents(u32),
}

/// An operation on two terms of one width; comparisons yield one bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Binary {
    Mul,
    /// By 0 it is 0.
    Div,
    /// By 0 it is the left side.
    Rem,
    /// As [`Binary::Div`].
    SignedDiv,
    /// As [`Binary::Rem`].
    SignedRem,
    And,
    Or,
    Xor,
    /// By less than the width.
    ShiftLeft,
    ShiftRight,
    ArithmeticShift,
    Equal,
    Less,
    SignedLess,
}

/// What a term is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A number.
    Const(u64),
    /// A symbol with its arguments.
    Apply(SymbolId, Box<[Term]>),
    /// A sum of multiples and a number.
    Sum(Box<[(Term, u64)]>, u64),
    /// An operation.
    Binary(Binary, Term, Term),
    /// All bits inverted.
    Not(Term),
    /// More bits, all like the highest.
    Extend(Term),
    /// Some bits, from this one on.
    Extract(Term, u8),
    /// Bits side by side, the highest first.
    Concat(Box<[Term]>),
    /// The second where the first holds, the third where not.
    If(Term, Term, Term),
}

#[derive(Clone, Debug)]
struct Entry {
    node: Rc<Node>,
    width: u8,
    depth: u32,
}

/// All terms.
#[derive(Debug, Default)]
pub struct Pool {
    entries: Vec<Entry>,
    index: HashMap<(Rc<Node>, u8), Term, Stable>,
    symbols: Vec<Symbol>,
    symbol_index: HashMap<Symbol, SymbolId, Stable>,
    contents: HashMap<Box<[Term]>, u32, Stable>,
    pub(super) extracts: HashMap<(Term, u8, u8), Term, Stable>,
    /// How often a term was asked for: a measure of time that is the same on every machine.
    pub work: u64,
}

/// The bits of a width.
pub fn mask(width: u8) -> u64 {
    match width {
        0 => 0,
        1..64 => (1 << width) - 1,
        _ => u64::MAX,
    }
}

impl Pool {
    /// The term that is this node, without any simplification.
    pub(super) fn intern(&mut self, node: Node, width: u8) -> Term {
        self.work += 1;
        let node = Rc::new(node);
        if let Some(&known) = self.index.get(&(node.clone(), width)) {
            return known;
        }
        let mut deepest = 0;
        for part in parts(&node) {
            deepest = deepest.max(self.depth(part) + 1);
        }
        let term = Term(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.push(Entry {
            node: node.clone(),
            width,
            depth: deepest,
        });
        self.index.insert((node, width), term);
        term
    }

    /// What `term` is.
    pub fn node(&self, term: Term) -> Rc<Node> {
        let entry = self.entries.get(term.0 as usize);
        entry.map_or_else(|| Rc::new(Node::Const(0)), |entry| entry.node.clone())
    }

    /// Its bits.
    pub fn width(&self, term: Term) -> u8 {
        self.entries
            .get(term.0 as usize)
            .map_or(1, |entry| entry.width)
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How deep it nests.
    pub fn depth(&self, term: Term) -> u32 {
        self.entries
            .get(term.0 as usize)
            .map_or(0, |entry| entry.depth)
    }

    /// The number that it is, if it is one.
    pub fn number(&self, term: Term) -> Option<u64> {
        match *self.entries.get(term.0 as usize)?.node {
            Node::Const(number) => Some(number),
            _ => None,
        }
    }

    /// The number of a symbol.
    pub fn symbol(&mut self, symbol: Symbol) -> SymbolId {
        if let Some(&known) = self.symbol_index.get(&symbol) {
            return known;
        }
        let id = SymbolId(u32::try_from(self.symbols.len()).unwrap_or(u32::MAX));
        self.symbols.push(symbol.clone());
        self.symbol_index.insert(symbol, id);
        id
    }

    /// The symbol of that number.
    pub fn symbol_of(&self, id: SymbolId) -> Option<&Symbol> {
        self.symbols.get(id.0 as usize)
    }

    /// The name of what a piece of memory holds that was made from these.
    pub fn contents(&mut self, made_from: &[Term]) -> u32 {
        if let Some(&known) = self.contents.get(made_from) {
            return known;
        }
        let name = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        self.contents.insert(made_from.into(), name);
        name
    }

    /// A symbol applied to arguments.
    pub fn apply(&mut self, symbol: Symbol, arguments: &[Term], width: u8) -> Term {
        let id = self.symbol(symbol);
        self.intern(Node::Apply(id, arguments.into()), width)
    }

    /// What the world has a single answer for.
    pub fn atom(&mut self, atom: Atom, width: u8) -> Term {
        self.apply(Symbol::Atom(atom), &[], width)
    }

    /// All that `roots` are made of, parts before wholes.
    pub fn reachable(&self, roots: &[Term]) -> Vec<Term> {
        self.reachable_but(roots, |_| false)
    }

    /// The same without those that are `known`, and what only those are made of.
    pub fn reachable_but(&self, roots: &[Term], known: impl Fn(Term) -> bool) -> Vec<Term> {
        let mut seen: HashSet<Term, Stable> = HashSet::default();
        let mut open: Vec<Term> = roots.to_vec();
        while let Some(term) = open.pop() {
            if !known(term) && seen.insert(term) {
                open.extend(parts(&self.node(term)));
            }
        }
        let mut all: Vec<Term> = seen.into_iter().collect();
        all.sort_unstable();
        all
    }
}

/// The terms that a node is made of.
pub fn parts(node: &Node) -> Vec<Term> {
    match node {
        Node::Const(_) => Vec::new(),
        Node::Apply(_, parts) | Node::Concat(parts) => parts.to_vec(),
        Node::Sum(terms, _) => terms.iter().map(|&(term, _)| term).collect(),
        Node::Binary(_, a, b) => vec![*a, *b],
        Node::Not(a) | Node::Extend(a) | Node::Extract(a, _) => vec![*a],
        Node::If(a, b, c) => vec![*a, *b, *c],
    }
}

impl SymbolId {
    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl Term {
    /// Its number.
    pub fn id(self) -> u32 {
        self.0
    }
}
