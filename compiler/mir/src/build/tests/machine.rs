//! Runs MIR with a heap, and watches it: nothing is used after its last reference is gone, nothing is changed in place
//! that others refer to, nothing is left at the end.

use std::collections::HashMap;

use resilient_abi::RtFn;

use crate::ir::*;

/// A value in a register.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Word {
    Int(i64),
    Float(f64),
    F32(f32),
    Bool(bool),
    /// A literal.
    Literal(StrId),
    /// Place in the heap.
    Object(usize),
    Null,
    /// Address of a function.
    Code(FuncId),
    /// An aggregate, in a table of its own.
    Agg(usize),
}

#[derive(Clone, Debug)]
enum Content {
    Str(String),
    /// Leaves per element, and all leaves.
    Array(usize, Vec<Word>),
    Box(Vec<Word>),
}

#[derive(Debug)]
struct Object {
    count: usize,
    content: Content,
}

/// A run of a module.
pub(super) struct Machine<'m> {
    module: &'m Module,
    heap: Vec<Object>,
    aggs: Vec<Vec<Word>>,
    globals: Vec<Word>,
    log: String,
    fuel: u32,
    /// Copies of arrays made because of other references.
    n_copies: usize,
    /// Line and column of the fault.
    site: Option<(u32, u32)>,
}

/// What a run shows.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    /// What it printed, then its end.
    pub(super) log: String,
    /// How often an array was copied.
    pub(super) n_copies: usize,
    /// Line and column of the fault it ended with.
    pub(super) site: Option<(u32, u32)>,
}

type Run<T> = Result<T, String>;

/// Runs the entry.
pub(super) fn run(module: &Module) -> Shown {
    let globals = module.globals.values();
    let mut machine = Machine {
        module,
        heap: Vec::new(),
        aggs: Vec::new(),
        globals: Vec::new(),
        log: String::new(),
        fuel: 100_000,
        n_copies: 0,
        site: None,
    };
    machine.globals = globals.map(|global| machine.constant(global.init)).collect();
    match machine.call(module.entry, Vec::new(), None) {
        Ok(_) => {
            let left: Vec<_> = machine.heap.iter().filter(|object| object.count > 0).collect();
            assert!(left.is_empty(), "left at the end: {left:?}\n{}", crate::print::print_module(module));
        }
        Err(fault) => machine.log.push_str(&format!("fault: {fault}")),
    }
    Shown { log: machine.log, n_copies: machine.n_copies, site: machine.site }
}

impl Machine<'_> {
    fn constant(&self, constant: Const) -> Word {
        match constant {
            Const::Int(value) => Word::Int(value),
            Const::Float(bits) => Word::Float(f64::from_bits(bits)),
            Const::F32(bits) => Word::F32(f32::from_bits(bits)),
            Const::Bool(value) => Word::Bool(value),
            Const::Str(id) => Word::Literal(id),
            Const::Null => Word::Null,
        }
    }

    fn allocate(&mut self, content: Content) -> Word {
        self.heap.push(Object { count: 1, content });
        Word::Object(self.heap.len() - 1)
    }

    fn object(&mut self, word: Word) -> &mut Object {
        let Word::Object(at) = word else { panic!("{word:?} is no object") };
        let object = &mut self.heap[at];
        assert!(object.count > 0, "used after it was freed: {object:?}");
        object
    }

    fn array(&mut self, word: Word) -> (usize, &mut Vec<Word>) {
        match &mut self.object(word).content {
            Content::Array(stride, leaves) => (*stride, leaves),
            other => panic!("{other:?} is no array"),
        }
    }

    fn unique_array(&mut self, word: Word) -> (usize, &mut Vec<Word>) {
        assert_eq!(self.object(word).count, 1, "changed in place, but others refer to it");
        self.array(word)
    }

    fn retain(&mut self, word: Word) -> Word {
        match word {
            Word::Object(_) => self.object(word).count += 1,
            Word::Agg(at) => {
                for field in self.aggs[at].clone() {
                    self.retain(field);
                }
            }
            _ => {}
        }
        word
    }

    fn release(&mut self, word: Word) {
        let parts = match word {
            Word::Object(_) => {
                let object = self.object(word);
                object.count -= 1;
                match &object.content {
                    Content::Array(_, leaves) | Content::Box(leaves) if object.count == 0 => leaves.clone(),
                    _ => Vec::new(),
                }
            }
            Word::Agg(at) => self.aggs[at].clone(),
            _ => Vec::new(),
        };
        parts.into_iter().for_each(|part| self.release(part));
    }

    fn text(&mut self, word: Word) -> String {
        match word {
            Word::Literal(id) => self.module.strings[id].to_string(),
            _ => match &self.object(word).content {
                Content::Str(text) => text.clone(),
                other => panic!("{other:?} is no string"),
            },
        }
    }

    fn unique(&mut self, array: Word) -> Word {
        if self.object(array).count == 1 {
            return array;
        }
        self.n_copies += 1;
        let content = self.object(array).content.clone();
        let (_, leaves) = self.array(array);
        for leaf in leaves.clone() {
            self.retain(leaf);
        }
        self.release(array);
        self.allocate(content)
    }

    fn call(&mut self, id: FuncId, mut args: Vec<Word>, site: Option<Loc>) -> Run<Vec<Word>> {
        let func = &self.module.funcs[id];
        let resolved = |loc| if loc == Some(Loc::Caller) { site } else { loc };
        let mut values: HashMap<Value, Word> = HashMap::new();
        let mut block = func.entry();
        loop {
            self.fuel = self.fuel.checked_sub(1).expect("the run ends");
            let data = &func.blocks[block];
            values.extend(data.params.iter().copied().zip(args));
            for &inst in &data.insts {
                let data = &func.insts[inst];
                let mut operands = Vec::new();
                data.kind.for_each_operand(|operand| operands.push(values[&operand]));
                let found = match &data.kind {
                    InstKind::Call(id, _) => self.call(*id, operands, resolved(data.loc)),
                    kind => self.inst(kind, &operands, resolved(data.loc)),
                }?;
                assert_eq!(found.len(), data.results.len(), "{:?}", data.kind);
                values.extend(data.results.iter().copied().zip(found));
            }
            let get = |args: &[Value]| args.iter().map(|arg| values[arg]).collect::<Vec<_>>();
            let target = match &data.terminator {
                Terminator::Jump(target) => target,
                Terminator::Branch(cond, then, otherwise) => match values[cond] {
                    Word::Bool(true) => then,
                    _ => otherwise,
                },
                Terminator::Switch(subject, cases, default) => {
                    let is_it = |&&(value, _): &&(i64, BlockCall)| values[subject] == Word::Int(value);
                    cases.iter().find(is_it).map_or(default, |(_, target)| target)
                }
                Terminator::Return(results) => return Ok(get(results)),
                Terminator::NoReturn(entry, args, loc) => {
                    let words = get(args);
                    self.faults_at(resolved(*loc));
                    return Err(format!("{} {}", entry.sig().name, self.show_all(&words)));
                }
                Terminator::Unreachable => panic!("reached what is unreachable"),
            };
            args = get(&target.args);
            block = target.block;
        }
    }

    fn faults_at(&mut self, loc: Option<Loc>) {
        self.site = match loc {
            Some(Loc::At { line, col, .. }) => Some((line, col)),
            _ => None,
        };
    }

    fn show_all(&mut self, words: &[Word]) -> String {
        words.iter().map(|&word| self.show(word)).collect::<Vec<_>>().join(" ")
    }

    fn show(&mut self, word: Word) -> String {
        match word {
            Word::Int(value) => value.to_string(),
            Word::Float(value) => value.to_string(),
            Word::F32(value) => value.to_string(),
            Word::Bool(value) => value.to_string(),
            _ => self.text(word),
        }
    }

    fn inst(&mut self, kind: &InstKind, operands: &[Word], loc: Option<Loc>) -> Run<Vec<Word>> {
        let result = match (kind, operands) {
            (InstKind::Const(constant), _) => self.constant(*constant),
            (InstKind::Unary(op, _), &[a]) => unary(*op, a),
            (InstKind::Binary(op, ..), &[Word::Int(a), Word::Int(b)]) => Word::Int(int_binary(*op, a, b)),
            (InstKind::Binary(op, ..), &[Word::F32(a), Word::F32(b)]) => Word::F32(match op {
                BinaryOp::FloatAdd => a + b,
                BinaryOp::FloatMul => a * b,
                _ => panic!("{op:?}"),
            }),
            (InstKind::Binary(op, ..), &[Word::Bool(a), Word::Bool(b)]) => Word::Bool(match op {
                BinaryOp::BoolAnd => a & b,
                BinaryOp::BoolOr => a | b,
                _ => a ^ b,
            }),
            (InstKind::IntCmp(op, ..), &[Word::Int(a), Word::Int(b)]) => Word::Bool(compare(*op, a, b)),
            (InstKind::UintCmp(op, ..), &[Word::Int(a), Word::Int(b)]) => Word::Bool(compare(*op, a as u64, b as u64)),
            (InstKind::Select(..), &[c, a, b]) => {
                if c == Word::Bool(true) {
                    a
                } else {
                    b
                }
            }
            (InstKind::Retain(_), &[a]) => self.retain(a),
            (InstKind::Release(_), &[a]) => {
                self.release(a);
                return Ok(Vec::new());
            }
            (InstKind::GlobalGet(id), _) => self.retain(self.globals[id.as_u32() as usize]),
            (InstKind::GlobalSet(id, _), &[a]) => {
                self.globals[id.as_u32() as usize] = a;
                return Ok(Vec::new());
            }
            (InstKind::GlobalReplace(id, _), &[a]) => std::mem::replace(&mut self.globals[id.as_u32() as usize], a),
            (InstKind::FuncAddr(id), _) => Word::Code(*id),
            (InstKind::CallIndirect(sig, ..), &[Word::Code(id), ref args @ ..]) => {
                let func = &self.module.funcs[id];
                let sig = &self.module.sigs[*sig];
                assert!(!func.takes_site, "{id} takes a site");
                assert_eq!((&func.params, &func.results), (&sig.params, &sig.results), "{id} is called as {sig:?}");
                return self.call(id, args.to_vec(), None);
            }
            (InstKind::CallRt(entry, _), _) => {
                let result = self.call_rt(*entry, operands);
                if result.is_err() {
                    self.faults_at(loc);
                }
                return result;
            }
            (InstKind::MakeAgg(..), _) => {
                self.aggs.push(operands.to_vec());
                Word::Agg(self.aggs.len() - 1)
            }
            (InstKind::Extract(_, n), &[Word::Agg(at)]) => self.retain(self.aggs[at][*n as usize]),
            (InstKind::PeekField(_, n), &[Word::Agg(at)]) => self.aggs[at][*n as usize],
            (InstKind::TakeApart(_), &[Word::Agg(at)]) => return Ok(self.aggs[at].clone()),
            _ => return self.object_inst(kind, operands),
        };
        Ok(vec![result])
    }

    fn object_inst(&mut self, kind: &InstKind, operands: &[Word]) -> Run<Vec<Word>> {
        let stride = |layout: LayoutId| self.module.layouts[layout].leaves.len();
        let result = match (kind, operands) {
            (InstKind::ArrayLit(layout, _), _) => self.allocate(Content::Array(stride(*layout), operands.to_vec())),
            (InstKind::ArrayLen(_), &[a]) => {
                let (stride, leaves) = self.array(a);
                Word::Int((leaves.len() / stride) as i64)
            }
            (InstKind::ArrayLoad(leaf, ..), &[a, i]) => {
                let word = *self.leaf(*leaf, a, i);
                self.retain(word)
            }
            (InstKind::ArrayPeek(leaf, ..), &[a, i]) => *self.leaf(*leaf, a, i),
            (InstKind::ArrayUnique(..), &[a]) => self.unique(a),
            (InstKind::ArrayUniqueAt(leaf, ..), &[a, i]) => {
                self.unique_array(a);
                let inner = *self.leaf(*leaf, a, i);
                let inner = self.unique(inner);
                *self.leaf(*leaf, a, i) = inner;
                inner
            }
            (InstKind::ArrayStore(leaf, ..), &[a, i, v]) => {
                self.unique_array(a);
                *self.leaf(*leaf, a, i) = v;
                return Ok(Vec::new());
            }
            (InstKind::ArrayReplace(leaf, ..), &[a, i, v]) => {
                self.unique_array(a);
                std::mem::replace(self.leaf(*leaf, a, i), v)
            }
            (InstKind::ArrayPush(..), [a, leaves @ ..]) => {
                let array = self.unique(*a);
                self.array(array).1.extend(leaves);
                array
            }
            (InstKind::BoxNew(..), _) => self.allocate(Content::Box(operands.to_vec())),
            (InstKind::BoxLoad(leaf, _) | InstKind::BoxPeek(leaf, _), &[a]) => {
                let Content::Box(leaves) = &self.object(a).content else { panic!("no box") };
                let word = leaves[leaf.index as usize];
                if let InstKind::BoxLoad(..) = kind { self.retain(word) } else { word }
            }
            (InstKind::CellGet(leaf, _), &[a]) => {
                let word = *self.cell_leaf(*leaf, a);
                self.retain(word)
            }
            (InstKind::CellSet(leaf, ..), &[a, v]) => {
                *self.cell_leaf(*leaf, a) = v;
                return Ok(Vec::new());
            }
            (InstKind::CellReplace(leaf, ..), &[a, v]) => std::mem::replace(self.cell_leaf(*leaf, a), v),
            _ => panic!("{kind:?} of {operands:?}"),
        };
        Ok(vec![result])
    }

    fn cell_leaf(&mut self, leaf: Leaf, cell: Word) -> &mut Word {
        match &mut self.object(cell).content {
            Content::Box(leaves) => &mut leaves[leaf.index as usize],
            other => panic!("{other:?} is no cell"),
        }
    }

    fn leaf(&mut self, leaf: Leaf, array: Word, index: Word) -> &mut Word {
        let Word::Int(index) = index else { panic!("an index is an int") };
        let (stride, leaves) = self.array(array);
        &mut leaves[index as usize * stride + leaf.index as usize]
    }

    fn call_rt(&mut self, entry: RtFn, args: &[Word]) -> Run<Vec<Word>> {
        let result = match (entry, args) {
            (RtFn::PrintStr | RtFn::PrintInt | RtFn::PrintBool | RtFn::PrintFloat, &[a]) => {
                let text = self.show(a);
                self.log.push_str(&text);
                return Ok(Vec::new());
            }
            (RtFn::PrintUint, &[Word::Int(a)]) => {
                self.log.push_str(&(a as u64).to_string());
                return Ok(Vec::new());
            }
            (RtFn::PrintNewline, []) => {
                self.log.push('\n');
                return Ok(Vec::new());
            }
            (RtFn::Flush, []) => return Ok(Vec::new()),
            (RtFn::StrFromInt | RtFn::StrFromBool, &[a]) => {
                let text = self.show(a);
                self.allocate(Content::Str(text))
            }
            (RtFn::StrConcat, &[a, b]) => {
                let text = self.text(a) + &self.text(b);
                self.release(a);
                self.allocate(Content::Str(text))
            }
            // The order in which keys came would do as an index.
            (RtFn::IndexFindInt, &[_, keys, key]) => {
                let place = self.array(keys).1.iter().position(|&found| found == key);
                Word::Int(place.map_or(-1, |place| place as i64))
            }
            (RtFn::IndexAddInt, &[index, keys]) => {
                let len = self.array(keys).1.len() as i64;
                let index = self.unique(index);
                self.array(index).1.push(Word::Int(len));
                index
            }
            (RtFn::StrEq, &[a, b]) => Word::Bool(self.text(a) == self.text(b)),
            (RtFn::ArrayConcat, &[a, b]) => {
                let more = self.array(b).1.clone();
                for &leaf in &more {
                    self.retain(leaf);
                }
                let array = self.unique(a);
                self.array(array).1.extend(more);
                array
            }
            (RtFn::ArrayPop, &[a]) => {
                let array = self.unique(a);
                let (stride, leaves) = self.array(array);
                let Some(rest) = leaves.len().checked_sub(stride) else { return Err("pop".to_string()) };
                let last = leaves.split_off(rest);
                last.into_iter().for_each(|leaf| self.release(leaf));
                array
            }
            _ => panic!("{entry:?}"),
        };
        Ok(vec![result])
    }
}

fn unary(op: UnaryOp, a: Word) -> Word {
    match (op, a) {
        (UnaryOp::IntNeg, Word::Int(a)) => Word::Int(a.wrapping_neg()),
        (UnaryOp::Not, Word::Bool(a)) => Word::Bool(!a),
        (UnaryOp::Wrap(ty), Word::Int(a)) => Word::Int(ty.wrap(a)),
        (UnaryOp::IntToF32, Word::Int(a)) => Word::F32(a as f32),
        (UnaryOp::F32ToFloat, Word::F32(a)) => Word::Float(f64::from(a)),
        _ => panic!("{op:?} of {a:?}"),
    }
}

fn int_binary(op: BinaryOp, a: i64, b: i64) -> i64 {
    match op {
        BinaryOp::IntAdd => a.wrapping_add(b),
        BinaryOp::IntSub => a.wrapping_sub(b),
        BinaryOp::IntMul => a.wrapping_mul(b),
        BinaryOp::IntDiv => a.wrapping_div(b),
        BinaryOp::IntShl => a << b,
        BinaryOp::UintDiv => (a as u64 / b as u64) as i64,
        BinaryOp::UintShr => (a as u64 >> b) as i64,
        BinaryOp::IntAnd => a & b,
        _ => panic!("{op:?}"),
    }
}

fn compare<T: PartialOrd>(op: CmpOp, a: T, b: T) -> bool {
    match op {
        CmpOp::Eq => a == b,
        CmpOp::Ne => a != b,
        CmpOp::Lt => a < b,
        CmpOp::Le => a <= b,
        CmpOp::Gt => a > b,
        CmpOp::Ge => a >= b,
    }
}
