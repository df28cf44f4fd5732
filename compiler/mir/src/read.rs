//! Reads MIR text: exactly what [`crate::print`] prints, with blanks, line breaks and comments where one likes.
//!
//! The result has the same ids as the text; ids the text skips get an entry that nothing refers to. Reading checks that
//! everything named exists and is defined once. All else is the business of [`crate::verify`]. No input makes it panic.

mod lex;

use std::fmt;
use std::str::FromStr;

use resilient_abi::RtFn;
use resilient_base::{EntityRef, PrimaryMap};

use crate::ir::*;
use crate::print::{binary_from_name, cmp_from_name, mem_from_name, ty_from_name, unary_from_name};
use lex::{Lexer, Token};

/// Ids must be below: they are indices of tables, which a slip in the text should not make huge.
const MAX_IDS: usize = 1 << 20;

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ReadError {}

type Result<T> = std::result::Result<T, ReadError>;

/// Reads a module.
pub fn read_module(text: &str) -> Result<Module> {
    let mut reader = Reader { lexer: Lexer::new(text)?, refs: Refs::default() };
    let module = reader.module()?;
    reader.refs.check(&module)?;
    Ok(module)
}

/// Module entities named in functions, with their lines, checked when all are known.
#[derive(Default)]
struct Refs {
    funcs: Vec<(FuncId, u32)>,
    globals: Vec<(GlobalId, u32)>,
    strings: Vec<(StrId, u32)>,
    files: Vec<(FileNameId, u32)>,
    aggs: Vec<(AggId, u32)>,
    layouts: Vec<(LayoutId, u32)>,
    sigs: Vec<(SigId, u32)>,
}

impl Refs {
    fn check(&self, module: &Module) -> Result<()> {
        all_exist(&self.funcs, module.funcs.len())?;
        all_exist(&self.globals, module.globals.len())?;
        all_exist(&self.strings, module.strings.len())?;
        all_exist(&self.files, module.files.len())?;
        all_exist(&self.aggs, module.aggs.len())?;
        all_exist(&self.layouts, module.layouts.len())?;
        all_exist(&self.sigs, module.sigs.len())
    }
}

fn all_exist<E: EntityRef + fmt::Display>(refs: &[(E, u32)], len: usize) -> Result<()> {
    match refs.iter().find(|(id, _)| id.index() >= len) {
        Some(&(id, line)) => error(line, format!("{id} does not exist")),
        None => Ok(()),
    }
}

fn error<T>(line: u32, message: impl Into<String>) -> Result<T> {
    Err(ReadError { line, message: message.into() })
}

/// The number of `word` if it is `prefix` and decimal digits.
fn numbered(word: &str, prefix: &str) -> Option<usize> {
    let digits = word.strip_prefix(prefix)?;
    let canonical = digits == "0" || !digits.starts_with('0');
    if !canonical || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn nan_from_hex(digits: &str) -> Option<u64> {
    u64::from_str_radix(digits, 16).ok().filter(|&bits| f64::from_bits(bits).is_nan())
}

fn nan32_from_hex(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok().filter(|&bits| f32::from_bits(bits).is_nan())
}

struct Reader<'t> {
    lexer: Lexer<'t>,
    refs: Refs,
}

impl<'t> Reader<'t> {
    fn line(&self) -> u32 {
        self.lexer.line()
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T> {
        error(self.line(), format!("expected {wanted}, found {}", self.lexer.peek()))
    }

    fn eat(&mut self, punctuation: &'static str) -> Result<bool> {
        let found = *self.lexer.peek() == Token::Punctuation(punctuation);
        if found {
            self.lexer.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, punctuation: &'static str) -> Result<()> {
        if self.eat(punctuation)? { Ok(()) } else { self.unexpected(&format!("`{punctuation}`")) }
    }

    /// The next token, if a word.
    fn peek_word(&self) -> Option<&'t str> {
        match self.lexer.peek() {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn word(&mut self, wanted: &str) -> Result<&'t str> {
        match self.peek_word() {
            Some(word) => {
                self.lexer.advance()?;
                Ok(word)
            }
            None => self.unexpected(wanted),
        }
    }

    fn eat_word(&mut self, word: &str) -> Result<bool> {
        let found = self.peek_word() == Some(word);
        if found {
            self.lexer.advance()?;
        }
        Ok(found)
    }

    fn number(&mut self, wanted: &str) -> Result<&'t str> {
        match *self.lexer.peek() {
            Token::Number(digits) => {
                self.lexer.advance()?;
                Ok(digits)
            }
            _ => self.unexpected(wanted),
        }
    }

    fn string(&mut self) -> Result<Box<str>> {
        match self.lexer.peek() {
            Token::Str(text) => {
                let text = text.clone().into_boxed_str();
                self.lexer.advance()?;
                Ok(text)
            }
            _ => self.unexpected("a string in quotes"),
        }
    }

    /// An id, such as `v12` for the prefix `v`.
    fn id<E: EntityRef>(&mut self, prefix: &str) -> Result<E> {
        let line = self.line();
        let wanted = format!("`{prefix}` with a number");
        match self.peek_word().and_then(|word| numbered(word, prefix)) {
            Some(n) if n < MAX_IDS => {
                self.lexer.advance()?;
                Ok(E::new(n))
            }
            Some(n) => error(line, format!("{prefix}{n} is out of range")),
            None => self.unexpected(&wanted),
        }
    }

    /// The id of a definition in a table whose ids have no gaps.
    fn next_id<E: EntityRef>(&mut self, prefix: &str, len: usize) -> Result<()> {
        let line = self.line();
        let id: E = self.id(prefix)?;
        if id.index() == len { Ok(()) } else { error(line, format!("expected {prefix}{len}")) }
    }

    fn ty(&mut self) -> Result<Ty> {
        match self.peek_word() {
            Some(word) if numbered(word, "agg").is_some() => Ok(Ty::Agg(self.agg_ref()?)),
            Some(word) => match ty_from_name(word) {
                Some(ty) => {
                    self.lexer.advance()?;
                    Ok(ty)
                }
                None => self.unexpected("a type"),
            },
            None => self.unexpected("a type"),
        }
    }

    fn mem_ty(&mut self) -> Result<MemTy> {
        match self.peek_word().and_then(mem_from_name) {
            Some(ty) => {
                self.lexer.advance()?;
                Ok(ty)
            }
            None => self.unexpected("a type in memory"),
        }
    }

    /// `( item, item )` where the parenthesis was read.
    fn rest_of_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        if self.eat(")")? {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.eat(")")? {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }

    fn module(&mut self) -> Result<Module> {
        let mut module = Module {
            funcs: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            strings: PrimaryMap::new(),
            files: PrimaryMap::new(),
            aggs: PrimaryMap::new(),
            layouts: PrimaryMap::new(),
            sigs: PrimaryMap::new(),
            entry: FuncId::new(0),
        };
        let mut entry = None;
        loop {
            let line = self.line();
            let word = match self.lexer.peek() {
                Token::End => break,
                Token::Word(word) => *word,
                _ => return self.unexpected("a definition"),
            };
            if word == "entry" {
                self.lexer.advance()?;
                entry = Some(self.func_ref()?);
            } else if numbered(word, "file").is_some() {
                self.next_id::<FileNameId>("file", module.files.len())?;
                self.expect("=")?;
                module.files.push(self.string()?);
            } else if numbered(word, "str").is_some() {
                self.next_id::<StrId>("str", module.strings.len())?;
                self.expect("=")?;
                module.strings.push(self.string()?);
            } else if numbered(word, "agg").is_some() {
                self.next_id::<AggId>("agg", module.aggs.len())?;
                self.expect("=")?;
                self.expect("(")?;
                module.aggs.push(self.rest_of_list(Self::ty)?.into());
            } else if numbered(word, "layout").is_some() {
                self.next_id::<LayoutId>("layout", module.layouts.len())?;
                self.expect("=")?;
                self.expect("(")?;
                module.layouts.push(Layout { leaves: self.rest_of_list(Self::mem_ty)? });
            } else if numbered(word, "sig").is_some() {
                self.next_id::<SigId>("sig", module.sigs.len())?;
                self.expect("=")?;
                module.sigs.push(self.signature()?);
            } else if numbered(word, "g").is_some() {
                self.next_id::<GlobalId>("g", module.globals.len())?;
                module.globals.push(self.global()?);
            } else if numbered(word, "fn").is_some() {
                self.next_id::<FuncId>("fn", module.funcs.len())?;
                module.funcs.push(self.function()?);
            } else {
                return error(line, format!("expected a definition, found {}", self.lexer.peek()));
            }
        }
        match entry {
            Some(entry) => module.entry = entry,
            None => return error(self.line(), "the module has no `entry`"),
        }
        Ok(module)
    }

    /// `"name": ty = init`
    fn global(&mut self) -> Result<Global> {
        let name = self.string()?;
        self.expect(":")?;
        let ty = self.ty()?;
        self.expect("=")?;
        let init = self.constant(ty)?;
        Ok(Global { name, ty, init })
    }

    fn constant(&mut self, ty: Ty) -> Result<Const> {
        let line = self.line();
        match ty {
            Ty::I64 => match self.number("an int")?.parse() {
                Ok(value) => Ok(Const::Int(value)),
                Err(_) => error(line, "bad int"),
            },
            Ty::F64 => self.float(f64::INFINITY, f64::to_bits, nan_from_hex).map(Const::Float),
            Ty::F32 => self.float(f32::INFINITY, f32::to_bits, nan32_from_hex).map(Const::F32),
            Ty::Bool => match self.word("`true` or `false`")? {
                "true" => Ok(Const::Bool(true)),
                "false" => Ok(Const::Bool(false)),
                other => error(line, format!("expected `true` or `false`, found `{other}`")),
            },
            Ty::Str => {
                let id = self.id("str")?;
                self.refs.strings.push((id, line));
                Ok(Const::Str(id))
            }
            Ty::Ref => match self.word("`null`")? {
                "null" => Ok(Const::Null),
                other => error(line, format!("expected `null`, found `{other}`")),
            },
            Ty::Code => error(line, "a code pointer has no constants"),
            Ty::Agg(_) => error(line, "an aggregate has no constants"),
        }
    }

    /// A float of either width: `1.5`, `-inf`, `inf`, `nan:0x..`.
    fn float<F: FromStr, B>(
        &mut self,
        infinity: F,
        to_bits: impl Fn(F) -> B,
        nan: impl Fn(&str) -> Option<B>,
    ) -> Result<B> {
        let line = self.line();
        if self.eat_word("inf")? {
            return Ok(to_bits(infinity));
        }
        if self.eat_word("nan")? {
            self.expect(":")?;
            let digits = self.number("the bits of a NaN")?;
            return match digits.strip_prefix("0x").and_then(nan) {
                Some(bits) => Ok(bits),
                None => error(line, "bad bits of a NaN"),
            };
        }
        match self.number("a float")?.parse() {
            Ok(value) => Ok(to_bits(value)),
            Err(_) => error(line, "bad float"),
        }
    }

    fn agg_ref(&mut self) -> Result<AggId> {
        let line = self.line();
        let id = self.id("agg")?;
        self.refs.aggs.push((id, line));
        Ok(id)
    }

    fn layout_ref(&mut self) -> Result<LayoutId> {
        let line = self.line();
        let id = self.id("layout")?;
        self.refs.layouts.push((id, line));
        Ok(id)
    }

    fn sig_ref(&mut self) -> Result<SigId> {
        let line = self.line();
        let id = self.id("sig")?;
        self.refs.sigs.push((id, line));
        Ok(id)
    }

    /// `layout0.1`
    fn leaf(&mut self) -> Result<Leaf> {
        let line = self.line();
        let parts = self.peek_word().and_then(|word| word.split_once('.'));
        let parsed = parts.and_then(|(layout, index)| Some((numbered(layout, "layout")?, numbered(index, "")?)));
        match parsed {
            Some((layout, index)) if layout < MAX_IDS && index < MAX_IDS => {
                self.lexer.advance()?;
                let layout = LayoutId::new(layout);
                self.refs.layouts.push((layout, line));
                Ok(Leaf { layout, index: index as u32 })
            }
            _ => self.unexpected("a leaf of a layout"),
        }
    }

    fn func_ref(&mut self) -> Result<FuncId> {
        let line = self.line();
        let id = self.id("fn")?;
        self.refs.funcs.push((id, line));
        Ok(id)
    }

    fn global_ref(&mut self) -> Result<GlobalId> {
        let line = self.line();
        let id = self.id("g")?;
        self.refs.globals.push((id, line));
        Ok(id)
    }

    /// `(params) -> results`
    fn signature(&mut self) -> Result<Signature> {
        self.expect("(")?;
        let params = self.rest_of_list(|r| Ok(Param { ty: r.ty()?, borrowed: r.eat_word("borrowed")? }))?;
        let results = if !self.eat("->")? {
            Vec::new()
        } else if self.eat("(")? {
            self.rest_of_list(Self::ty)?
        } else {
            vec![self.ty()?]
        };
        Ok(Signature { params, results })
    }

    /// `"name"(params) -> results { blocks }`
    fn function(&mut self) -> Result<Function> {
        let name = self.string()?;
        let Signature { params, results } = self.signature()?;
        let mut func = Function::new(name, params, results);
        func.takes_site = self.eat_word("takes_site")?;
        if self.eat_word("removed")? {
            return Ok(func);
        }
        self.expect("{")?;
        let mut body = BodyReader { reader: self, func, value_state: Vec::new(), block_state: Vec::new() };
        body.blocks()?;
        body.finish()
    }

    fn loc(&mut self) -> Result<Option<Loc>> {
        if !self.eat("@")? {
            return Ok(None);
        }
        if self.eat_word("caller")? {
            return Ok(Some(Loc::Caller));
        }
        let line = self.line();
        let file = self.id("file")?;
        self.refs.files.push((file, line));
        self.expect(":")?;
        let source_line = self.position("a line number")?;
        self.expect(":")?;
        let col = self.position("a column number")?;
        Ok(Some(Loc::At { file, line: source_line, col }))
    }

    fn position(&mut self, wanted: &str) -> Result<u32> {
        let line = self.line();
        match self.number(wanted)?.parse() {
            Ok(n) => Ok(n),
            Err(_) => error(line, format!("bad {}", wanted.trim_start_matches("a "))),
        }
    }

    fn rt_fn(&mut self) -> Result<RtFn> {
        let line = self.line();
        let name = self.word("a runtime entry point")?;
        match RtFn::from_name(name) {
            Some(entry) => Ok(entry),
            None => error(line, format!("no runtime entry point `{name}`")),
        }
    }
}

/// What the text has said about a value or block.
#[derive(Clone, Copy)]
enum State {
    Unnamed,
    /// First used in this line.
    Used(u32),
    Defined,
}

struct BodyReader<'r, 't> {
    reader: &'r mut Reader<'t>,
    func: Function,
    value_state: Vec<State>,
    block_state: Vec<State>,
}

impl<'t> BodyReader<'_, 't> {
    fn blocks(&mut self) -> Result<()> {
        loop {
            self.block()?;
            if self.reader.eat("}")? {
                return Ok(());
            }
        }
    }

    fn finish(self) -> Result<Function> {
        let undefined = |prefix: &str, states: &[State]| {
            states.iter().enumerate().find_map(|(n, state)| match state {
                State::Used(line) => Some((*line, format!("{prefix}{n} is not defined"))),
                State::Unnamed | State::Defined => None,
            })
        };
        let missing = undefined("v", &self.value_state).or_else(|| undefined("block", &self.block_state));
        match missing {
            Some((line, message)) => error(line, message),
            None => Ok(self.func),
        }
    }

    fn reserve_value(&mut self, value: Value) {
        // Filled in by the definition; if none comes, nothing refers to it.
        let unused = ValueData { ty: Ty::I64, def: ValueDef::Param(Block::new(0), 0), name: None };
        while self.func.values.len() <= value.index() {
            self.func.values.push(unused.clone());
            self.value_state.push(State::Unnamed);
        }
    }

    fn reserve_block(&mut self, block: Block) {
        while self.func.blocks.len() <= block.index() {
            self.func.blocks.push(BlockData::default());
            self.block_state.push(State::Unnamed);
        }
    }

    fn value(&mut self) -> Result<Value> {
        let line = self.reader.line();
        let value: Value = self.reader.id("v")?;
        self.reserve_value(value);
        if let state @ State::Unnamed = &mut self.value_state[value.index()] {
            *state = State::Used(line);
        }
        Ok(value)
    }

    /// `v0: i64 n`
    fn definition(&mut self, def: ValueDef) -> Result<Value> {
        let line = self.reader.line();
        let value: Value = self.reader.id("v")?;
        self.reserve_value(value);
        if let State::Defined = self.value_state[value.index()] {
            return error(line, format!("{value} is defined twice"));
        }
        self.value_state[value.index()] = State::Defined;
        self.reader.expect(":")?;
        let ty = self.reader.ty()?;
        let name = match self.reader.lexer.peek() {
            Token::Word(word) => Some((*word).into()),
            Token::Str(text) => Some(text.as_str().into()),
            _ => None,
        };
        if name.is_some() {
            self.reader.lexer.advance()?;
        }
        self.func.values[value] = ValueData { ty, def, name };
        Ok(value)
    }

    /// `block0(params): insts terminator`
    fn block(&mut self) -> Result<()> {
        let line = self.reader.line();
        let block: Block = self.reader.id("block")?;
        self.reserve_block(block);
        if let State::Defined = self.block_state[block.index()] {
            return error(line, format!("{block} is defined twice"));
        }
        self.block_state[block.index()] = State::Defined;
        self.func.layout.push(block);
        if self.reader.eat("(")? {
            loop {
                let index = self.func.blocks[block].params.len() as u32;
                let param = self.definition(ValueDef::Param(block, index))?;
                self.func.blocks[block].params.push(param);
                if self.reader.eat(")")? {
                    break;
                }
                self.reader.expect(",")?;
            }
        }
        if self.reader.eat_word("handler")? {
            self.func.blocks[block].handler = Some(self.target_block()?);
        }
        self.reader.expect(":")?;
        loop {
            if let Some(terminator) = self.terminator()? {
                self.func.blocks[block].terminator = terminator;
                return Ok(());
            }
            self.inst(block)?;
        }
    }

    fn args(&mut self) -> Result<Vec<Value>> {
        self.reader.expect("(")?;
        let mut args = Vec::new();
        if self.reader.eat(")")? {
            return Ok(args);
        }
        loop {
            args.push(self.value()?);
            if self.reader.eat(")")? {
                return Ok(args);
            }
            self.reader.expect(",")?;
        }
    }

    fn target_block(&mut self) -> Result<Block> {
        let line = self.reader.line();
        let block: Block = self.reader.id("block")?;
        self.reserve_block(block);
        if let state @ State::Unnamed = &mut self.block_state[block.index()] {
            *state = State::Used(line);
        }
        Ok(block)
    }

    fn target(&mut self) -> Result<BlockCall> {
        let block = self.target_block()?;
        let has_args = *self.reader.lexer.peek() == Token::Punctuation("(");
        let args = if has_args { self.args()? } else { Vec::new() };
        Ok(BlockCall { block, args })
    }

    /// A terminator if one comes next.
    fn terminator(&mut self) -> Result<Option<Terminator>> {
        if self.reader.eat_word("jump")? {
            return Ok(Some(Terminator::Jump(self.target()?)));
        }
        if self.reader.eat_word("branch")? {
            let cond = self.value()?;
            self.reader.expect(",")?;
            let then = self.target()?;
            self.reader.expect(",")?;
            return Ok(Some(Terminator::Branch(cond, then, self.target()?)));
        }
        if self.reader.eat_word("switch")? {
            return Ok(Some(self.switch()?));
        }
        if self.reader.eat_word("return")? {
            let mut values = Vec::new();
            if self.reader.peek_word().is_some_and(|word| numbered(word, "v").is_some()) {
                values.push(self.value()?);
                while self.reader.eat(",")? {
                    values.push(self.value()?);
                }
            }
            return Ok(Some(Terminator::Return(values)));
        }
        if self.reader.eat_word("noreturn")? {
            let entry = self.reader.rt_fn()?;
            let args = self.args()?;
            return Ok(Some(Terminator::NoReturn(entry, args, self.reader.loc()?)));
        }
        if self.reader.eat_word("unreachable")? {
            return Ok(Some(Terminator::Unreachable));
        }
        Ok(None)
    }

    /// `v, 0: block1, default: block2`
    fn switch(&mut self) -> Result<Terminator> {
        let subject = self.value()?;
        let mut cases = Vec::new();
        loop {
            self.reader.expect(",")?;
            if self.reader.eat_word("default")? {
                self.reader.expect(":")?;
                return Ok(Terminator::Switch(subject, cases, self.target()?));
            }
            let line = self.reader.line();
            let Ok(value) = self.reader.number("a case")?.parse() else {
                return error(line, "bad int");
            };
            self.reader.expect(":")?;
            cases.push((value, self.target()?));
        }
    }

    fn inst(&mut self, block: Block) -> Result<()> {
        let placeholder = InstKind::Const(Const::Bool(false));
        let inst = self.func.insts.push(InstData { kind: placeholder, results: Vec::new(), loc: None });
        if self.reader.peek_word().is_some_and(|word| numbered(word, "v").is_some()) {
            loop {
                let index = self.func.insts[inst].results.len() as u32;
                let result = self.definition(ValueDef::Result(inst, index))?;
                self.func.insts[inst].results.push(result);
                if !self.reader.eat(",")? {
                    break;
                }
            }
            self.reader.expect("=")?;
        }
        self.func.insts[inst].kind = self.kind()?;
        self.func.insts[inst].loc = self.reader.loc()?;
        self.func.blocks[block].insts.push(inst);
        Ok(())
    }

    fn two_values(&mut self) -> Result<(Value, Value)> {
        let first = self.value()?;
        self.reader.expect(",")?;
        Ok((first, self.value()?))
    }

    fn three_values(&mut self) -> Result<(Value, Value, Value)> {
        let (first, second) = self.two_values()?;
        self.reader.expect(",")?;
        Ok((first, second, self.value()?))
    }

    fn cmp_op(&mut self) -> Result<CmpOp> {
        let line = self.reader.line();
        let name = self.reader.word("a comparison")?;
        match cmp_from_name(name) {
            Some(op) => Ok(op),
            None => error(line, format!("no comparison `{name}`")),
        }
    }

    fn kind(&mut self) -> Result<InstKind> {
        let line = self.reader.line();
        let name = self.reader.word("an instruction or terminator")?;
        if let Some(op) = unary_from_name(name) {
            return Ok(InstKind::Unary(op, self.value()?));
        }
        if let Some(op) = binary_from_name(name) {
            let (a, b) = self.two_values()?;
            return Ok(InstKind::Binary(op, a, b));
        }
        Ok(match name {
            "iconst" => InstKind::Const(self.reader.constant(Ty::I64)?),
            "f32const" => InstKind::Const(self.reader.constant(Ty::F32)?),
            "null" => InstKind::Const(Const::Null),
            "fconst" => InstKind::Const(self.reader.constant(Ty::F64)?),
            "bconst" => InstKind::Const(self.reader.constant(Ty::Bool)?),
            "sconst" => InstKind::Const(self.reader.constant(Ty::Str)?),
            "icmp" => {
                let op = self.cmp_op()?;
                let (a, b) = self.two_values()?;
                InstKind::IntCmp(op, a, b)
            }
            "ucmp" => {
                let op = self.cmp_op()?;
                let (a, b) = self.two_values()?;
                InstKind::UintCmp(op, a, b)
            }
            "fcmp" => {
                let op = self.cmp_op()?;
                let (a, b) = self.two_values()?;
                InstKind::FloatCmp(op, a, b)
            }
            "select" => {
                let (cond, a, b) = self.three_values()?;
                InstKind::Select(cond, a, b)
            }
            "retain" => InstKind::Retain(self.value()?),
            "release" => InstKind::Release(self.value()?),
            "global_get" => InstKind::GlobalGet(self.reader.global_ref()?),
            "global_set" => {
                let global = self.reader.global_ref()?;
                self.reader.expect(",")?;
                InstKind::GlobalSet(global, self.value()?)
            }
            "global_replace" => {
                let global = self.reader.global_ref()?;
                self.reader.expect(",")?;
                InstKind::GlobalReplace(global, self.value()?)
            }
            "call" => {
                let callee = self.reader.func_ref()?;
                InstKind::Call(callee, self.args()?)
            }
            "func_addr" => InstKind::FuncAddr(self.reader.func_ref()?),
            "call_indirect" => {
                let sig = self.reader.sig_ref()?;
                let code = self.value()?;
                InstKind::CallIndirect(sig, code, self.args()?)
            }
            "rt" => {
                let entry = self.reader.rt_fn()?;
                InstKind::CallRt(entry, self.args()?)
            }
            _ => match self.compound_kind(name)? {
                Some(kind) => kind,
                None => return error(line, format!("no instruction `{name}`")),
            },
        })
    }

    /// Instructions on aggregates and objects.
    fn compound_kind(&mut self, name: &str) -> Result<Option<InstKind>> {
        Ok(Some(match name {
            "make_agg" => {
                let agg = self.reader.agg_ref()?;
                InstKind::MakeAgg(agg, self.args()?)
            }
            "extract" | "peek_field" => {
                let value = self.value()?;
                self.reader.expect(",")?;
                let field = self.reader.position("a field number")?;
                if name == "extract" { InstKind::Extract(value, field) } else { InstKind::PeekField(value, field) }
            }
            "take_apart" => InstKind::TakeApart(self.value()?),
            "array_lit" => {
                let layout = self.reader.layout_ref()?;
                InstKind::ArrayLit(layout, self.args()?)
            }
            "array_len" => InstKind::ArrayLen(self.value()?),
            "array_load" => {
                let leaf = self.reader.leaf()?;
                let (array, index) = self.two_values()?;
                InstKind::ArrayLoad(leaf, array, index)
            }
            "array_peek" => {
                let leaf = self.reader.leaf()?;
                let (array, index) = self.two_values()?;
                InstKind::ArrayPeek(leaf, array, index)
            }
            "array_unique" => {
                let layout = self.reader.layout_ref()?;
                InstKind::ArrayUnique(layout, self.value()?)
            }
            "array_unique_at" => {
                let leaf = self.reader.leaf()?;
                let (array, index) = self.two_values()?;
                InstKind::ArrayUniqueAt(leaf, array, index)
            }
            "array_store" => {
                let leaf = self.reader.leaf()?;
                let (array, index, value) = self.three_values()?;
                InstKind::ArrayStore(leaf, array, index, value)
            }
            "array_replace" => {
                let leaf = self.reader.leaf()?;
                let (array, index, value) = self.three_values()?;
                InstKind::ArrayReplace(leaf, array, index, value)
            }
            "array_push" => {
                let layout = self.reader.layout_ref()?;
                let array = self.value()?;
                InstKind::ArrayPush(layout, array, self.args()?)
            }
            "box_new" => {
                let layout = self.reader.layout_ref()?;
                InstKind::BoxNew(layout, self.args()?)
            }
            "box_load" => {
                let leaf = self.reader.leaf()?;
                InstKind::BoxLoad(leaf, self.value()?)
            }
            "box_peek" => {
                let leaf = self.reader.leaf()?;
                InstKind::BoxPeek(leaf, self.value()?)
            }
            "cell_get" => {
                let leaf = self.reader.leaf()?;
                InstKind::CellGet(leaf, self.value()?)
            }
            "cell_set" => {
                let leaf = self.reader.leaf()?;
                let (cell, value) = self.two_values()?;
                InstKind::CellSet(leaf, cell, value)
            }
            "cell_replace" => {
                let leaf = self.reader.leaf()?;
                let (cell, value) = self.two_values()?;
                InstKind::CellReplace(leaf, cell, value)
            }
            _ => return Ok(None),
        }))
    }
}
