//! The text form of MIR, as shown by `--emit mir` and stored in tests. [`crate::read`] reads it back.
//!
//! ```text
//! file0 = "fib.rz"
//! str0 = "n = "
//! agg0 = (i64, str)
//! layout0 = (i64, u8)
//! sig0 = (i64, ref borrowed) -> i64
//! g0 "calls": i64 = 0
//! entry fn1
//!
//! fn0 "fib"(i64) -> i64 {
//! block0(v0: i64 n):
//!     v1: i64 = iconst 2
//!     v2: bool = icmp lt v0, v1 @ file0:2:8
//!     branch v2, block1, block2(v0)
//! ...
//! }
//! ```
//!
//! A definition is `vN: TYPE`, followed by the name of the variable the value holds, if it has one; a name that is not
//! a plain word is in quotes. A location is `@ FILE:LINE:COL`, or `@ caller` in a function marked `takes_site`. What follows `;` on a line is a comment: the text of a
//! string literal, the name of a called function. Ids are those of the tables, so that ids in other outputs name the
//! same things; ids no longer in use leave gaps. A parameter's ownership stands in the function's signature only.
//!
//! Printing works for modules that do not verify, too: an id without an entry prints as what it is.

use std::fmt::{self, Display, Formatter, Write};

use crate::ir::*;

/// Defines the two directions between the variants of an operator enum and their names.
macro_rules! names {
    ($to:ident, $from:ident, $ty:ident { $($variant:ident $(($arg:path))? = $name:literal,)* }) => {
        /// Name in MIR text.
        pub(crate) fn $to(op: $ty) -> &'static str {
            match op {
                $($ty::$variant $(($arg))? => $name,)*
            }
        }

        /// What has this name in MIR text.
        pub(crate) fn $from(name: &str) -> Option<$ty> {
            match name {
                $($name => Some($ty::$variant $(($arg))?),)*
                _ => None,
            }
        }
    };
}

/// The type with this name, if it is no aggregate.
pub(crate) fn ty_from_name(name: &str) -> Option<Ty> {
    const NAMED: [Ty; 7] = [Ty::I64, Ty::F64, Ty::F32, Ty::Bool, Ty::Str, Ty::Ref, Ty::Code];
    NAMED.into_iter().find(|ty| ty.to_string() == name)
}

impl Display for Ty {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ty::I64 => f.write_str("i64"),
            Ty::F64 => f.write_str("f64"),
            Ty::F32 => f.write_str("f32"),
            Ty::Bool => f.write_str("bool"),
            Ty::Str => f.write_str("str"),
            Ty::Ref => f.write_str("ref"),
            Ty::Code => f.write_str("code"),
            Ty::Agg(id) => write!(f, "{id}"),
        }
    }
}

names!(mem_name, mem_from_name, MemTy {
    I8 = "i8",
    U8 = "u8",
    I16 = "i16",
    U16 = "u16",
    I32 = "i32",
    U32 = "u32",
    I64 = "i64",
    F32 = "f32",
    F64 = "f64",
    Bool = "bool",
    Str = "str",
    Ref = "ref",
    Code = "code",
});

names!(cmp_name, cmp_from_name, CmpOp { Eq = "eq", Ne = "ne", Lt = "lt", Le = "le", Gt = "gt", Ge = "ge", });

names!(unary_name, unary_from_name, UnaryOp {
    IntNeg = "ineg",
    FloatNeg = "fneg",
    Not = "not",
    IntToFloat = "int_to_float",
    UintToFloat = "uint_to_float",
    IntToF32 = "int_to_f32",
    UintToF32 = "uint_to_f32",
    F32ToFloat = "f32_to_float",
    FloatToF32 = "float_to_f32",
    Wrap(NarrowInt::I8) = "wrap.i8",
    Wrap(NarrowInt::U8) = "wrap.u8",
    Wrap(NarrowInt::I16) = "wrap.i16",
    Wrap(NarrowInt::U16) = "wrap.u16",
    Wrap(NarrowInt::I32) = "wrap.i32",
    Wrap(NarrowInt::U32) = "wrap.u32",
});

names!(binary_name, binary_from_name, BinaryOp {
    IntAdd = "iadd",
    IntSub = "isub",
    IntMul = "imul",
    IntDiv = "idiv",
    IntRem = "irem",
    IntAnd = "iand",
    IntOr = "ior",
    IntXor = "ixor",
    IntShl = "ishl",
    IntShr = "ishr",
    UintDiv = "udiv",
    UintRem = "urem",
    UintShr = "ushr",
    FloatAdd = "fadd",
    FloatSub = "fsub",
    FloatMul = "fmul",
    FloatDiv = "fdiv",
    BoolAnd = "band",
    BoolOr = "bor",
    BoolXor = "bxor",
    IntAddOverflows = "iadd_overflows",
    IntSubOverflows = "isub_overflows",
    IntMulOverflows = "imul_overflows",
    UintMulOverflows = "umul_overflows",
});

/// The module as text.
pub fn print_module(module: &Module) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_module(&mut out, module);
    out
}

/// One function as text, ending in a line feed.
pub fn print_function(module: &Module, id: FuncId) -> String {
    let mut out = String::new();
    // As above.
    let _ = write_function(&mut out, module, id, &module.funcs[id]);
    out
}

/// An instruction as one line without indentation and comment.
pub fn print_inst(func: &Function, inst: Inst) -> String {
    InstText(func, inst).to_string()
}

/// A terminator as one line without indentation.
pub fn print_terminator(terminator: &Terminator) -> String {
    TerminatorText(terminator).to_string()
}

fn write_module(out: &mut String, module: &Module) -> fmt::Result {
    for (id, name) in module.files.iter() {
        writeln!(out, "{id} = {}", Quoted(name))?;
    }
    for (id, text) in module.strings.iter() {
        writeln!(out, "{id} = {}", Quoted(text))?;
    }
    for (id, fields) in module.aggs.iter() {
        write!(out, "{id} = (")?;
        write_list(out, fields.iter())?;
        out.push_str(")\n");
    }
    for (id, layout) in module.layouts.iter() {
        write!(out, "{id} = (")?;
        write_list(out, layout.leaves.iter().map(|&leaf| mem_name(leaf)))?;
        out.push_str(")\n");
    }
    for (id, sig) in module.sigs.iter() {
        write!(out, "{id} = ")?;
        write_signature(out, &sig.params, &sig.results)?;
        out.push('\n');
    }
    for (id, global) in module.globals.iter() {
        writeln!(out, "{id} {}: {} = {}", Quoted(&global.name), global.ty, ConstText(global.init))?;
    }
    writeln!(out, "entry {}", module.entry)?;
    for (id, func) in module.funcs.iter() {
        out.push('\n');
        write_function(out, module, id, func)?;
    }
    Ok(())
}

fn write_function(out: &mut String, module: &Module, id: FuncId, func: &Function) -> fmt::Result {
    write!(out, "{id} {}", Quoted(&func.name))?;
    write_signature(out, &func.params, &func.results)?;
    if func.takes_site {
        out.push_str(" takes_site");
    }
    if func.is_removed() {
        out.push_str(" removed\n");
        return Ok(());
    }
    out.push_str(" {\n");
    for &block in &func.layout {
        write_block(out, module, func, block)?;
    }
    out.push_str("}\n");
    Ok(())
}

/// `(str borrowed, i64) -> i64`
fn write_signature(out: &mut String, params: &[Param], results: &[Ty]) -> fmt::Result {
    out.push('(');
    write_list(out, params.iter().map(|&param| ParamText(param)))?;
    out.push(')');
    match results {
        [] => Ok(()),
        [ty] => write!(out, " -> {ty}"),
        tys => {
            out.push_str(" -> (");
            write_list(out, tys)?;
            out.push(')');
            Ok(())
        }
    }
}

fn write_block(out: &mut String, module: &Module, func: &Function, block: Block) -> fmt::Result {
    let Some(data) = func.blocks.get(block) else {
        return writeln!(out, "{block}: ; no such block");
    };
    write!(out, "{block}")?;
    if !data.params.is_empty() {
        out.push('(');
        write_list(out, data.params.iter().map(|&v| Definition(func, v)))?;
        out.push(')');
    }
    if let Some(handler) = data.handler {
        write!(out, " handler {handler}")?;
    }
    out.push_str(":\n");
    for &inst in &data.insts {
        write!(out, "    {}", InstText(func, inst))?;
        match func.insts.get(inst).map(|data| &data.kind) {
            Some(InstKind::Const(Const::Str(id))) => {
                if let Some(text) = module.strings.get(*id) {
                    write!(out, " ; {}", Quoted(&shortened(text)))?;
                }
            }
            Some(InstKind::Call(callee, _) | InstKind::FuncAddr(callee)) => {
                if let Some(callee) = module.funcs.get(*callee) {
                    write!(out, " ; {}", callee.name.escape_debug())?;
                }
            }
            _ => {}
        }
        out.push('\n');
    }
    writeln!(out, "    {}", TerminatorText(&data.terminator))
}

/// The start of a long text, for comments.
fn shortened(text: &str) -> String {
    const MAX: usize = 40;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

/// Items separated by commas.
fn write_list(out: &mut impl Write, items: impl IntoIterator<Item = impl Display>) -> fmt::Result {
    for (n, item) in items.into_iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        write!(out, "{comma}{item}")?;
    }
    Ok(())
}

/// Arguments in parentheses.
fn write_args(f: &mut Formatter<'_>, args: &[Value]) -> fmt::Result {
    f.write_char('(')?;
    write_list(f, args)?;
    f.write_char(')')
}

/// A text in quotes with escapes that the reader knows.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                // Anything else that would not show as itself.
                c if c.is_control() || c.is_whitespace() && c != ' ' => write!(f, "\\u{{{:x}}}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// Whether a name can stand without quotes.
fn is_plain_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

/// `str borrowed`
struct ParamText(Param);

impl Display for ParamText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let borrowed = if self.0.borrowed { " borrowed" } else { "" };
        write!(f, "{}{borrowed}", self.0.ty)
    }
}

/// `v0: i64 n`
struct Definition<'a>(&'a Function, Value);

impl Display for Definition<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(data) = self.0.values.get(self.1) else {
            return write!(f, "{}: ?", self.1);
        };
        write!(f, "{}: {}", self.1, data.ty)?;
        match &data.name {
            Some(name) if is_plain_word(name) => write!(f, " {name}"),
            Some(name) => write!(f, " {}", Quoted(name)),
            None => Ok(()),
        }
    }
}

struct ConstText(Const);

impl Display for ConstText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Const::Int(value) => write!(f, "{value}"),
            Const::Float(bits) => write_float(f, bits),
            Const::F32(bits) => write_f32(f, bits),
            Const::Bool(value) => write!(f, "{value}"),
            Const::Str(id) => write!(f, "{id}"),
            Const::Null => f.write_str("null"),
        }
    }
}

/// The shortest decimal that reads back the same; a NaN with its bits.
fn write_float(f: &mut Formatter<'_>, bits: u64) -> fmt::Result {
    let value = f64::from_bits(bits);
    if value.is_nan() { write!(f, "nan:0x{bits:016x}") } else { write!(f, "{value:?}") }
}

fn write_f32(f: &mut Formatter<'_>, bits: u32) -> fmt::Result {
    let value = f32::from_bits(bits);
    if value.is_nan() { write!(f, "nan:0x{bits:08x}") } else { write!(f, "{value:?}") }
}

struct InstText<'a>(&'a Function, Inst);

impl Display for InstText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(data) = self.0.insts.get(self.1) else {
            return write!(f, "{} ; no such instruction", self.1);
        };
        if !data.results.is_empty() {
            write_list(f, data.results.iter().map(|&v| Definition(self.0, v)))?;
            f.write_str(" = ")?;
        }
        write_kind(f, &data.kind)?;
        write_loc(f, data.loc)
    }
}

fn write_kind(f: &mut Formatter<'_>, kind: &InstKind) -> fmt::Result {
    match kind {
        InstKind::Const(constant) => {
            let op = match constant {
                Const::Int(_) => "iconst",
                Const::Float(_) => "fconst",
                Const::F32(_) => "f32const",
                Const::Bool(_) => "bconst",
                Const::Str(_) => "sconst",
                Const::Null => return f.write_str("null"),
            };
            write!(f, "{op} {}", ConstText(*constant))
        }
        InstKind::Unary(op, a) => write!(f, "{} {a}", unary_name(*op)),
        InstKind::Binary(op, a, b) => write!(f, "{} {a}, {b}", binary_name(*op)),
        InstKind::IntCmp(op, a, b) => write!(f, "icmp {} {a}, {b}", cmp_name(*op)),
        InstKind::UintCmp(op, a, b) => write!(f, "ucmp {} {a}, {b}", cmp_name(*op)),
        InstKind::FloatCmp(op, a, b) => write!(f, "fcmp {} {a}, {b}", cmp_name(*op)),
        InstKind::Select(c, a, b) => write!(f, "select {c}, {a}, {b}"),
        InstKind::Retain(a) => write!(f, "retain {a}"),
        InstKind::Release(a) => write!(f, "release {a}"),
        InstKind::GlobalGet(g) => write!(f, "global_get {g}"),
        InstKind::GlobalSet(g, a) => write!(f, "global_set {g}, {a}"),
        InstKind::GlobalReplace(g, a) => write!(f, "global_replace {g}, {a}"),
        InstKind::Call(callee, args) => {
            write!(f, "call {callee}")?;
            write_args(f, args)
        }
        InstKind::CallRt(entry, args) => {
            write!(f, "rt {}", entry.sig().name)?;
            write_args(f, args)
        }
        InstKind::MakeAgg(agg, fields) => {
            write!(f, "make_agg {agg} ")?;
            write_args(f, fields)
        }
        InstKind::Extract(a, n) => write!(f, "extract {a}, {n}"),
        InstKind::PeekField(a, n) => write!(f, "peek_field {a}, {n}"),
        InstKind::TakeApart(a) => write!(f, "take_apart {a}"),
        InstKind::ArrayLit(layout, leaves) => {
            write!(f, "array_lit {layout} ")?;
            write_args(f, leaves)
        }
        InstKind::ArrayLen(a) => write!(f, "array_len {a}"),
        InstKind::ArrayLoad(leaf, a, i) => write!(f, "array_load {leaf} {a}, {i}"),
        InstKind::ArrayPeek(leaf, a, i) => write!(f, "array_peek {leaf} {a}, {i}"),
        InstKind::ArrayUnique(layout, a) => write!(f, "array_unique {layout} {a}"),
        InstKind::ArrayUniqueAt(leaf, a, i) => write!(f, "array_unique_at {leaf} {a}, {i}"),
        InstKind::ArrayStore(leaf, a, i, v) => write!(f, "array_store {leaf} {a}, {i}, {v}"),
        InstKind::ArrayReplace(leaf, a, i, v) => write!(f, "array_replace {leaf} {a}, {i}, {v}"),
        InstKind::ArrayPush(layout, a, leaves) => {
            write!(f, "array_push {layout} {a} ")?;
            write_args(f, leaves)
        }
        InstKind::BoxNew(layout, leaves) => {
            write!(f, "box_new {layout} ")?;
            write_args(f, leaves)
        }
        InstKind::BoxLoad(leaf, a) => write!(f, "box_load {leaf} {a}"),
        InstKind::BoxPeek(leaf, a) => write!(f, "box_peek {leaf} {a}"),
        InstKind::CellGet(leaf, a) => write!(f, "cell_get {leaf} {a}"),
        InstKind::CellSet(leaf, a, v) => write!(f, "cell_set {leaf} {a}, {v}"),
        InstKind::CellReplace(leaf, a, v) => write!(f, "cell_replace {leaf} {a}, {v}"),
        InstKind::FuncAddr(func) => write!(f, "func_addr {func}"),
        InstKind::CallIndirect(sig, code, args) => {
            write!(f, "call_indirect {sig} {code} ")?;
            write_args(f, args)
        }
    }
}

impl Display for Leaf {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layout, self.index)
    }
}

fn write_loc(f: &mut Formatter<'_>, loc: Option<Loc>) -> fmt::Result {
    match loc {
        Some(Loc::At { file, line, col }) => write!(f, " @ {file}:{line}:{col}"),
        Some(Loc::Caller) => f.write_str(" @ caller"),
        None => Ok(()),
    }
}

struct TerminatorText<'a>(&'a Terminator);

impl Display for TerminatorText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Terminator::Jump(target) => {
                f.write_str("jump ")?;
                write_target(f, target)
            }
            Terminator::Branch(cond, then, otherwise) => {
                write!(f, "branch {cond}, ")?;
                write_target(f, then)?;
                f.write_str(", ")?;
                write_target(f, otherwise)
            }
            Terminator::Switch(subject, cases, default) => {
                write!(f, "switch {subject}, ")?;
                for (value, target) in cases {
                    write!(f, "{value}: ")?;
                    write_target(f, target)?;
                    f.write_str(", ")?;
                }
                f.write_str("default: ")?;
                write_target(f, default)
            }
            Terminator::Return(values) if values.is_empty() => f.write_str("return"),
            Terminator::Return(values) => {
                f.write_str("return ")?;
                write_list(f, values)
            }
            Terminator::NoReturn(entry, args, loc) => {
                write!(f, "noreturn {}", entry.sig().name)?;
                write_args(f, args)?;
                write_loc(f, *loc)
            }
            Terminator::Unreachable => f.write_str("unreachable"),
        }
    }
}

fn write_target(f: &mut Formatter<'_>, target: &BlockCall) -> fmt::Result {
    write!(f, "{}", target.block)?;
    if target.args.is_empty() { Ok(()) } else { write_args(f, &target.args) }
}
