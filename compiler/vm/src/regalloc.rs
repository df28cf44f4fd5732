//! Gives every virtual register a word of the function's window.
//!
//! # The window
//!
//! ```text
//! | registers: parameters first | link | out area: the bottom of the callee's window |
//! ```
//!
//! The link word belongs to the callee; it holds where to return to. Arguments are passed and several results are
//! returned in the out area, which lies at the same place for all calls of a function.
//!
//! # Method
//!
//! 1. Registers that are passed to block parameters are joined with them into *classes*, innermost loops first, as long
//!    as their [ranges](crate::ranges) do not overlap: these moves need no code.
//! 2. A class that ends as argument of a call, and lives across no other call, gets its place in the out area.
//! 3. The others are taken in order of their starts; each gets the lowest word that is free in all of its range.
//!
//! # More than 256 words
//!
//! Register operands have 8 bits. When the window is larger, [`N_SCRATCH`] registers are kept free, and instructions
//! move their far operands through them (`load_far`, `store_far`). We prefer that to a second, wide form of every
//! instruction: such functions are rare, their values beyond the first 252 are mostly cold, and the core stays small.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::lir::{Arg, Callee, Code, Node, Term, VReg};
use crate::moves::Place;
use crate::ranges::{Interval, Point, Range, Ranges, merge, overlap};
use resilient_base::{EntityRef, SecondaryMap};

/// Registers that far operands go through; as many as an instruction has register operands that it reads at most.
pub(crate) const N_SCRATCH: u32 = 4;

/// The first of them. Their words have no other use in any window, so that the places of arguments do not depend on the
/// size of a window.
pub(crate) const FIRST_SCRATCH: u32 = 256 - N_SCRATCH;

/// Where everything is.
pub(crate) struct Allocation {
    places: SecondaryMap<VReg, Place>,
    /// Distance to the windows of callees.
    pub base: u32,
    /// Words of the window.
    pub size: u32,
}

impl Allocation {
    /// Where a virtual register is.
    pub fn place(&self, reg: VReg) -> Place {
        self.places[reg]
    }

    /// Where a callee expects argument `n`, or leaves result `n`.
    pub fn out(&self, n: usize) -> Place {
        self.base + param(n)
    }
}

/// Where a function finds its parameter `n`, and leaves result `n` of several.
pub(crate) fn param(n: usize) -> Place {
    place_of_color(n as u32)
}

/// Leaves the scratch registers out.
fn place_of_color(color: u32) -> Place {
    if color < FIRST_SCRATCH { color } else { color + N_SCRATCH }
}

/// Allocates the registers of a function.
pub(crate) fn allocate(code: &Code) -> Allocation {
    let Ranges { ranges, calls } = Ranges::new(code);
    let mut classes = Classes::new(code, ranges);
    classes.coalesce(code);
    let mut colors = Colors::default();
    colors.assign_out(code, &classes, &calls);
    colors.assign_registers(code, &classes);
    colors.finish(code, &mut classes)
}

/// Sets of registers that share a place.
struct Classes {
    parent: SecondaryMap<VReg, VReg>,
    /// By root: the joined range.
    ranges: SecondaryMap<VReg, Range>,
    /// By root: the parameter of the function in it.
    fixed: SecondaryMap<VReg, Option<u32>>,
}

impl Classes {
    fn new(code: &Code, ranges: SecondaryMap<VReg, Range>) -> Classes {
        let mut parent = SecondaryMap::with_default(VReg::new(0));
        for index in 0..code.n_vregs {
            parent[VReg::new(index)] = VReg::new(index);
        }
        let mut fixed = SecondaryMap::new();
        for (n, &param) in code.blocks[0].params.iter().enumerate() {
            fixed[param] = Some(n as u32);
        }
        Classes { parent, ranges, fixed }
    }

    fn root(&self, mut reg: VReg) -> VReg {
        while self.parent[reg] != reg {
            reg = self.parent[reg];
        }
        reg
    }

    /// As `root`, with path halving.
    fn find(&mut self, mut reg: VReg) -> VReg {
        while self.parent[reg] != reg {
            self.parent[reg] = self.parent[self.parent[reg]];
            reg = self.parent[reg];
        }
        reg
    }

    fn coalesce(&mut self, code: &Code) {
        let mut order: Vec<usize> = (0..code.blocks.len()).collect();
        order.sort_by_key(|&block| std::cmp::Reverse(code.blocks[block].loop_depth));
        for block in order {
            for edge in code.blocks[block].term.edges() {
                for (&param, arg) in code.blocks[edge.block].params.iter().zip(&edge.args) {
                    match *arg {
                        Arg::Reg(arg) => self.join(param, arg),
                        Arg::Const(_) => {}
                    }
                }
            }
        }
    }

    fn join(&mut self, a: VReg, b: VReg) {
        let (a, b) = (self.find(a), self.find(b));
        let both_fixed = self.fixed[a].is_some() && self.fixed[b].is_some();
        if a == b || both_fixed || overlap(&self.ranges[a], &self.ranges[b]) {
            return;
        }
        let range = merge(&self.ranges[a], &self.ranges[b]);
        self.parent[b] = a;
        self.fixed[a] = self.fixed[a].or(self.fixed[b]);
        self.ranges[a] = range;
        self.ranges[b] = Range::new();
    }
}

/// The place of a class, before the size of the window is known.
#[derive(Clone, Copy, PartialEq)]
enum Color {
    Register(u32),
    Out(u32),
}

#[derive(Default)]
struct Colors {
    /// By root.
    colors: SecondaryMap<VReg, Option<Color>>,
    n_registers: u32,
}

impl Colors {
    /// Places arguments of calls in the out area, where nothing but the arguments of the next call can be.
    fn assign_out(&mut self, code: &Code, classes: &Classes, calls: &[Point]) {
        // By argument index: what is in the word when.
        let mut busy: Vec<BTreeMap<Point, Point>> = Vec::new();
        let nodes = || code.blocks.iter().flat_map(|block| &block.nodes);
        // The address that a call goes to is read when the arguments are in place already.
        let callees: HashSet<VReg> = (nodes())
            .filter_map(|node| match node {
                Node::Call { callee: Callee::Reg(reg), .. } => Some(classes.root(*reg)),
                Node::Call { callee: Callee::Func(_), .. } | Node::Inst(_) | Node::FuncAddr { .. } => None,
            })
            .collect();
        for node in nodes() {
            let Node::Call { args, .. } = node else { continue };
            for (n, arg) in args.iter().enumerate() {
                let Arg::Reg(reg) = *arg else { continue };
                let root = classes.root(reg);
                let range = &classes.ranges[root];
                let is_fixed = classes.fixed[root].is_some() || callees.contains(&root);
                if self.colors[root].is_some() || is_fixed || crosses_call(range, calls) {
                    continue;
                }
                if busy.len() <= n {
                    busy.resize_with(n + 1, BTreeMap::new);
                }
                if !range.iter().any(|&interval| meets(&busy[n], interval)) {
                    busy[n].extend(range.iter().map(|interval| (interval.start, interval.end)));
                    self.colors[root] = Some(Color::Out(n as u32));
                }
            }
        }
    }

    fn assign_registers(&mut self, code: &Code, classes: &Classes) {
        self.n_registers = code.blocks[0].params.len() as u32;
        let mut sweep = Sweep::default();
        for (n, &param) in code.blocks[0].params.iter().enumerate() {
            let root = classes.root(param);
            self.colors[root] = Some(Color::Register(n as u32));
            sweep.occupy(n as u32, &classes.ranges[root]);
        }
        let mut order: Vec<(Point, VReg)> = (0..code.n_vregs)
            .map(VReg::new)
            .filter(|&reg| self.colors[reg].is_none())
            .filter_map(|reg| Some((classes.ranges[reg].first()?.start, reg)))
            .collect();
        order.sort_unstable();
        for (start, root) in order {
            let register = sweep.choose(start, &classes.ranges[root]);
            self.colors[root] = Some(Color::Register(register));
            self.n_registers = self.n_registers.max(register + 1);
        }
    }

    fn finish(self, code: &Code, classes: &mut Classes) -> Allocation {
        let n_out = code.blocks.iter().flat_map(|block| &block.nodes).map(n_out).max().unwrap_or(0);
        let n_results = code.blocks.iter().map(|block| n_results(&block.term)).max().unwrap_or(0);
        let small = self.n_registers + 1 + n_out as u32 <= FIRST_SCRATCH;
        let base = if small { self.n_registers } else { place_of_color(self.n_registers).max(256) } + 1;
        let mut places = SecondaryMap::with_capacity(code.n_vregs);
        for index in 0..code.n_vregs {
            let reg = VReg::new(index);
            places[reg] = match self.colors[classes.find(reg)] {
                Some(Color::Register(color)) => place_of_color(color),
                Some(Color::Out(n)) => base + param(n as usize),
                // Never defined, so never used.
                None => 0,
            };
        }
        Allocation { places, base, size: (base + param(n_out)).max(param(n_results)) }
    }
}

/// Words of the out area that a step needs.
fn n_out(node: &Node) -> usize {
    match node {
        Node::Inst(_) | Node::FuncAddr { .. } => 0,
        Node::Call { args, results, .. } => args.len().max(results.len()),
    }
}

/// Words at the bottom of the window that a return writes.
fn n_results(term: &Term) -> usize {
    match term {
        Term::Return(results) => results.len(),
        _ => 0,
    }
}

/// Whether something is alive before and after a call.
fn crosses_call(range: &[Interval], calls: &[Point]) -> bool {
    range.iter().any(|interval| {
        let first = calls.partition_point(|&call| call < interval.start);
        calls.get(first).is_some_and(|&call| interval.end > call + 1)
    })
}

/// Whether an interval meets one of a disjoint set, given as start and end.
fn meets(set: &BTreeMap<Point, Point>, interval: Interval) -> bool {
    set.range(..interval.end).next_back().is_some_and(|(_, &end)| end > interval.start)
}

/// The words in use, seen from a point that moves forward.
#[derive(Default)]
struct Sweep {
    /// All that was given out, by register.
    busy: Vec<BTreeMap<Point, Point>>,
    /// Registers not in use at the point.
    free: BTreeSet<u32>,
    /// What changes later: at the point, the register becomes busy (`true`) or free.
    events: BTreeSet<(Point, bool, u32)>,
}

impl Sweep {
    /// The lowest register that is free in all of `range`, which starts at `start`. Starts must not decrease.
    fn choose(&mut self, start: Point, range: &[Interval]) -> u32 {
        while let Some(&event) = self.events.first() {
            let (point, becomes_busy, register) = event;
            if point > start {
                break;
            }
            self.events.remove(&event);
            if becomes_busy {
                self.free.remove(&register);
            } else {
                self.free.insert(register);
            }
        }
        let fits = |register: u32| !range.iter().any(|&interval| meets(&self.busy[register as usize], interval));
        let register = self.free.iter().copied().find(|&register| fits(register)).unwrap_or(self.busy.len() as u32);
        self.occupy(register, range);
        self.free.remove(&register);
        register
    }

    fn occupy(&mut self, register: u32, range: &[Interval]) {
        if self.busy.len() <= register as usize {
            self.busy.resize_with(register as usize + 1, BTreeMap::new);
        }
        for interval in range {
            self.busy[register as usize].insert(interval.start, interval.end);
            self.events.insert((interval.start, true, register));
            self.events.insert((interval.end, false, register));
        }
    }
}
