//! The typed program as text, for `--emit typed` and tests.
//!
//! Variables print as `name#id`, operators with the type they work on (`+int`), statements with their place in the
//! source as trailing comment.
//!
//! ```text
//! fn twice(n#0: int) -> int {
//!     (n#0 *int 2) // 1:19
//! }
//! ```

mod matches;

use resilient_base::{EntityRef, SourceMap, Span};

use crate::typed::*;
use crate::types::{Type, TypeKind, Types};

/// `program` as text.
pub fn print_program(program: &Program<'_>, sources: &SourceMap) -> String {
    let mut text = String::new();
    for (id, global) in program.globals.iter() {
        let checked = if global.checked { " checked" } else { "" };
        let ty = program.types.display(global.ty);
        text.push_str(&format!("global {}@{}: {ty}{checked}\n", global.name, id.index()));
    }
    for func in program.funcs.values() {
        if !text.is_empty() {
            text.push('\n');
        }
        let printer = Printer { program, sources, func, out: String::new(), indent: 0 };
        text.push_str(&printer.func());
    }
    text
}

struct Printer<'p, 't> {
    program: &'p Program<'t>,
    sources: &'p SourceMap,
    func: &'p Func<'t>,
    out: String,
    indent: usize,
}

impl<'t> Printer<'_, 't> {
    fn func(mut self) -> String {
        let params: Vec<String> = self.func.params.iter().map(|&id| self.declared(id)).collect();
        let result = self.ty(self.func.result);
        self.word(&format!("fn {}({}) -> {result}", self.func.name, params.join(", ")));
        for (index, (failure, _)) in self.func.failures.unwrap_or(&[]).iter().enumerate() {
            let before = if index == 0 { " fails" } else { "," };
            self.word(&format!("{before} {}", self.program.types.failures[*failure]));
        }
        self.clauses("requires", self.func.requires);
        if let Some(deferred) = self.func.deferred {
            self.line();
            self.word(&format!("    deferred {}", self.declared(deferred.calls)));
        }
        for &(param, copy) in self.func.entry_copies {
            self.line();
            self.word(&format!("    entry {} = {}", self.declared(copy), self.local(param)));
        }
        if let Some(result) = self.func.result_local {
            self.line();
            self.word(&format!("    result {}", self.declared(result)));
        }
        self.clauses("ensures", self.func.ensures);
        let has_head = !self.func.requires.is_empty() || !self.func.ensures.is_empty() || self.func.deferred.is_some();
        if has_head {
            self.line();
        } else {
            self.word(" ");
        }
        match self.func.body.kind {
            ExprKind::Block(block) => self.block(block),
            _ => self.body_line(self.func.body),
        }
        self.word("\n");
        self.out
    }

    fn clauses(&mut self, word: &str, clauses: &[Clause<'t>]) {
        self.indent += 1;
        for clause in clauses {
            self.line();
            self.word(&format!("{word} "));
            self.expr(clause.cond);
            self.word(" else ");
            self.expr(clause.message);
            self.place_comment(clause.span);
        }
        self.indent -= 1;
    }

    fn body_line(&mut self, body: &Expr<'t>) {
        self.word("{");
        self.indent += 1;
        self.line();
        self.expr(body);
        self.place_comment(body.span);
        self.indent -= 1;
        self.line();
        self.word("}");
    }

    fn word(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&"    ".repeat(self.indent));
    }

    fn place_comment(&mut self, span: Span) {
        let at = self.sources.line_col(span);
        self.word(&format!(" // {}:{}", at.line, at.col));
    }

    fn ty(&self, ty: Type) -> String {
        self.program.types.display(ty)
    }

    fn local(&self, id: LocalId) -> String {
        format!("{}#{}", self.func.locals[id.index()].name, id.index())
    }

    fn declared(&self, id: LocalId) -> String {
        format!("{}: {}", self.local(id), self.ty(self.func.locals[id.index()].ty))
    }

    fn global(&self, id: GlobalId) -> String {
        format!("{}@{}", self.program.globals[id].name, id.index())
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Local(id) => self.local(id),
            Place::Global(id) => self.global(id),
            Place::Cell(id) => format!("get({})", self.local(id)),
        }
    }

    fn block(&mut self, block: &Block<'t>) {
        self.word("{");
        self.indent += 1;
        for stmt in block.stmts {
            self.line();
            self.stmt(stmt);
        }
        if let Some(value) = block.value {
            self.line();
            self.expr(value);
            self.place_comment(value.span);
        }
        self.indent -= 1;
        self.line();
        self.word("}");
    }

    fn stmt(&mut self, stmt: &Stmt<'t>) {
        let value = match *stmt {
            Stmt::Expr(value) => value,
            Stmt::Let(id, value) => {
                self.word(&format!("let {} = ", self.declared(id)));
                value
            }
            Stmt::InitGlobal(id, value) => {
                self.word(&format!("init {} = ", self.global(id)));
                value
            }
            Stmt::InitStatic(id, value) => {
                self.word(&format!("init once {} = ", self.global(id)));
                value
            }
        };
        self.expr(value);
        self.word(";");
        self.place_comment(value.span);
    }

    fn list(&mut self, items: &[Expr<'t>]) {
        self.word("(");
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.word(", ");
            }
            self.expr(item);
        }
        self.word(")");
    }

    fn apply(&mut self, name: &str, operand: &Expr<'t>) {
        self.word(name);
        self.list(std::slice::from_ref(operand));
    }

    fn infix(&mut self, left: &Expr<'t>, op: &str, right: &Expr<'t>) {
        self.word("(");
        self.expr(left);
        self.word(&format!(" {op} "));
        self.expr(right);
        self.word(")");
    }

    fn optional(&mut self, value: Option<&Expr<'t>>) {
        if let Some(value) = value {
            self.word(" ");
            self.expr(value);
        }
    }

    fn braced(&mut self, body: &Expr<'t>) {
        match body.kind {
            ExprKind::Block(block) => self.block(block),
            _ => self.body_line(body),
        }
    }

    fn expr(&mut self, expr: &Expr<'t>) {
        match &expr.kind {
            ExprKind::Void => self.word("void"),
            ExprKind::Int(value) => self.word(&value.to_string()),
            ExprKind::Float(value) => self.word(&format!("{value:?}")),
            ExprKind::Char(value) => self.word(&format!("{value:?}")),
            ExprKind::Bool(value) => self.word(&value.to_string()),
            ExprKind::Str(text) => self.word(&format!("{text:?}")),
            ExprKind::Local(id) => self.word(&self.local(*id)),
            ExprKind::Global(id) => self.word(&self.global(*id)),
            ExprKind::Unary(op, operand) => {
                let name = self.unary_text(*op, operand.ty);
                self.apply(&name, operand);
            }
            ExprKind::Binary(op, left, right) => {
                let op = self.binary_text(*op, left.ty);
                self.infix(left, &op, right);
            }
            ExprKind::And(left, right) => self.infix(left, "&&", right),
            ExprKind::Or(left, right) => self.infix(left, "||", right),
            ExprKind::Convert(conversion, operand) => {
                let name = self.conversion_text(*conversion, operand.ty, expr.ty);
                self.apply(&name, operand);
            }
            ExprKind::Display(operand) => self.apply("display", operand),
            ExprKind::Quoted(operand) => self.apply("quoted", operand),
            ExprKind::Concat(parts) => {
                self.word("concat");
                self.list(parts);
            }
            ExprKind::Call(call) => {
                let tail = if call.is_self_tail { "tail " } else { "" };
                self.word(&format!("{tail}{}", self.program.funcs[call.func].name));
                self.list(call.args);
            }
            ExprKind::CallBuiltin(builtin, args) => {
                self.word(builtin_text(*builtin));
                self.list(args);
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::If(cond, then, otherwise) => self.if_(expr.ty, cond, then, *otherwise),
            ExprKind::Loop(node) => self.loop_(expr.ty, node),
            ExprKind::ForRange(node) => self.for_(node),
            ExprKind::Assign(place, value) => {
                self.word(&format!("{} = ", self.place(*place)));
                self.expr(value);
            }
            ExprKind::AssignOp(place, op, value) => {
                let op = self.binary_text(*op, self.place_ty(*place));
                self.word(&format!("{} {op}= ", self.place(*place)));
                self.expr(value);
            }
            ExprKind::Return(value) => {
                self.word("return");
                self.optional(*value);
            }
            ExprKind::Break(id, value) => {
                self.word(&format!("break {id}"));
                self.optional(*value);
            }
            ExprKind::Continue(id) => self.word(&format!("continue {id}")),
            ExprKind::Fault(message) => self.apply("fault", message),
            ExprKind::Struct(fields) => {
                self.word(&format!("struct {}", self.ty(expr.ty)));
                self.list(fields);
            }
            ExprKind::Field(operand, index) => {
                self.expr(operand);
                self.word(&format!(".{}", self.field_name(operand.ty, None, *index)));
            }
            ExprKind::Variant(variant, payload) => {
                self.word(&format!("{}::{}", self.ty(expr.ty), self.variant_name(expr.ty, *variant)));
                self.list(payload);
            }
            ExprKind::VariantField(operand, variant, index) => {
                self.expr(operand);
                let variant_name = self.variant_name(operand.ty, *variant);
                self.word(&format!(".{variant_name}.{}", self.field_name(operand.ty, Some(*variant), *index)));
            }
            ExprKind::Match(node) => self.match_(expr.ty, node),
            ExprKind::Array(elements) => {
                self.word(&self.ty(expr.ty));
                self.list(elements);
            }
            ExprKind::Index(array, index) => {
                self.expr(array);
                self.index(index);
            }
            ExprKind::AssignPart(node) => self.assign_part(node),
            ExprKind::Closure(func, captures) => {
                self.word(&format!("closure {}", self.program.funcs[*func].name));
                self.list(captures);
            }
            ExprKind::CallValue(callee, args) => {
                self.expr(callee);
                self.list(args);
            }
            ExprKind::CellNew(value) => self.apply("cell", value),
            ExprKind::CellGet(cell) => self.apply("get", cell),
            ExprKind::Live(node) => self.live(expr.ty, node),
            ExprKind::Fail(failure) => {
                let name = &self.program.types.failures[*failure];
                self.word(&format!("fail {name}"));
            }
            ExprKind::Try(node) => self.try_(expr.ty, node),
        }
    }

    fn index(&mut self, index: &Expr<'t>) {
        self.word("[");
        self.expr(index);
        self.word("]");
    }

    fn assign_part(&mut self, node: &AssignPart<'t>) {
        self.word(&self.place(node.root));
        let mut ty = self.place_ty(node.root);
        for step in node.path {
            match step {
                Projection::Field(index) => {
                    self.word(&format!(".{}", self.field_name(ty, None, *index)));
                }
                Projection::Index(index) | Projection::Key { key: index, .. } => self.index(index),
            }
            ty = self.part_ty(ty, step);
        }
        match node.op {
            PartOp::Op(op) => self.word(&format!(" {}= ", self.binary_text(op, ty))),
            PartOp::Store => self.word(" = "),
            PartOp::Insert { key, insert } => {
                self.index(key);
                self.word(&format!(" = {} ", self.program.funcs[insert].name));
            }
        }
        self.expr(node.value);
    }

    fn place_ty(&self, place: Place) -> Type {
        match place {
            Place::Local(id) => self.func.locals[id.index()].ty,
            Place::Global(id) => self.program.globals[id].ty,
            Place::Cell(id) => match self.program.types.kind(self.func.locals[id.index()].ty) {
                TypeKind::Cell(content) => *content,
                kind => unreachable!("{kind:?} is no cell"),
            },
        }
    }

    fn part_ty(&self, ty: Type, step: &Projection<'t>) -> Type {
        match (self.program.types.kind(ty), step) {
            (TypeKind::Struct(id), Projection::Field(index)) => {
                self.program.types.structs[*id].fields[*index as usize].ty
            }
            (TypeKind::Array(element), Projection::Index(_)) => *element,
            (TypeKind::Struct(id), Projection::Key { values, .. }) => {
                match self.program.types.kind(self.program.types.structs[*id].fields[*values as usize].ty) {
                    TypeKind::Array(element) => *element,
                    kind => unreachable!("{kind:?} holds no values of a map"),
                }
            }
            (kind, _) => unreachable!("{step:?} does not lead into {kind:?}"),
        }
    }

    /// The name of a field of a struct or of the payload of a variant.
    fn field_name(&self, ty: Type, variant: Option<u32>, index: u32) -> &str {
        let types = &self.program.types;
        let fields = match (types.kind(ty), variant) {
            (TypeKind::Struct(id), None) => &types.structs[*id].fields,
            (TypeKind::Enum(id), Some(variant)) => &types.enums[*id].variants[variant as usize].fields,
            (kind, _) => unreachable!("{kind:?} has no fields"),
        };
        &fields[index as usize].name
    }

    fn variant_name(&self, ty: Type, variant: u32) -> &str {
        match self.program.types.kind(ty) {
            TypeKind::Enum(id) => &self.program.types.enums[*id].variants[variant as usize].name,
            kind => unreachable!("{kind:?} has no variants"),
        }
    }

    /// The type of a construct where it is not void.
    fn type_note(&self, ty: Type) -> String {
        if ty == Types::VOID { String::new() } else { format!(": {}", self.ty(ty)) }
    }

    fn if_(&mut self, ty: Type, cond: &Expr<'t>, then: &Expr<'t>, otherwise: Option<&Expr<'t>>) {
        self.word(&format!("if{} ", self.type_note(ty)));
        self.expr(cond);
        self.word(" ");
        self.braced(then);
        if let Some(otherwise) = otherwise {
            self.word(" else ");
            match otherwise.kind {
                ExprKind::If(..) => self.expr(otherwise),
                _ => self.braced(otherwise),
            }
        }
    }

    fn loop_(&mut self, ty: Type, node: &Loop<'t>) {
        match node.cond {
            Some(cond) => {
                self.word(&format!("{}: while ", node.id));
                self.expr(cond);
            }
            None => self.word(&format!("{}: loop{}", node.id, self.type_note(ty))),
        }
        self.word(" ");
        self.braced(node.body);
    }

    fn live(&mut self, ty: Type, node: &Live<'t>) {
        self.word(&format!("live{} retries({})", self.type_note(ty), node.attempts));
        if let Some(within) = node.within {
            self.word(&format!(" within {within} ns"));
        }
        if let Some(Backoff { base_ms, factor, max_ms, linear }) = node.backoff {
            let kind = if linear { "linear" } else { "exponential" };
            self.word(&format!(" backoff({base_ms}, {factor}, {max_ms}, {kind})"));
        }
        let restored: Vec<String> = node.restored.iter().map(|place| self.place(*place)).collect();
        self.word(&format!(" restore({}) ", restored.join(", ")));
        self.braced(node.body);
        for clause in node.invariants {
            self.word(" invariant ");
            self.expr(clause.cond);
        }
    }

    fn try_(&mut self, ty: Type, node: &Try<'t>) {
        self.word(&format!("try{} ", self.type_note(ty)));
        self.braced(node.body);
        for arm in node.arms {
            let name = &self.program.types.failures[arm.failure];
            self.word(&format!(" catch {name} "));
            self.braced(arm.body);
        }
    }

    fn for_(&mut self, node: &ForRange<'t>) {
        self.word(&format!("{}: for {} in ", node.id, self.local(node.var)));
        self.expr(node.lo);
        self.word(if node.inclusive { "..=" } else { ".." });
        self.expr(node.hi);
        self.word(" ");
        self.braced(node.body);
    }
}

impl Printer<'_, '_> {
    fn unary_text(&self, op: UnaryOp, ty: Type) -> String {
        match op {
            UnaryOp::IntNeg | UnaryOp::FloatNeg => format!("-{}", self.ty(ty)),
            UnaryOp::BoundedNeg(bound) => format!("-{}.{}", self.ty(ty), bound_text(bound)),
            UnaryOp::BoolNot => "!".to_string(),
        }
    }

    /// The operator with the type of its left operand.
    fn binary_text(&self, op: BinaryOp, ty: Type) -> String {
        let text = match op {
            BinaryOp::IntAdd | BinaryOp::FloatAdd => "+",
            BinaryOp::IntSub | BinaryOp::FloatSub => "-",
            BinaryOp::IntMul | BinaryOp::FloatMul => "*",
            BinaryOp::IntDiv | BinaryOp::FloatDiv => "/",
            BinaryOp::IntRem | BinaryOp::FloatRem => "%",
            BinaryOp::IntAnd => "&",
            BinaryOp::IntOr => "|",
            BinaryOp::IntXor => "^",
            BinaryOp::IntShl => "<<",
            BinaryOp::IntShr => ">>",
            BinaryOp::StrConcat => return "+string".to_string(),
            BinaryOp::StrRepeat => return "*string".to_string(),
            BinaryOp::ArrayConcat => return "+array".to_string(),
            BinaryOp::Bounded(op, bound) => return format!("{}{}.{}", arith_text(op), self.ty(ty), bound_text(bound)),
            BinaryOp::IntCmp(op)
            | BinaryOp::FloatCmp(op)
            | BinaryOp::BoolCmp(op)
            | BinaryOp::StrCmp(op)
            | BinaryOp::CharCmp(op) => compare_text(op),
        };
        format!("{text}{}", self.ty(ty))
    }

    fn conversion_text(&self, conversion: Conversion, from: Type, to: Type) -> String {
        let (from, to) = (self.ty(from), self.ty(to));
        match conversion {
            Conversion::IntToFloat
            | Conversion::IntToF32
            | Conversion::FloatToInt
            | Conversion::F32ToFloat
            | Conversion::FloatToF32 => format!("{from}_to_{to}"),
            Conversion::IntWrap => format!("wrap_to_{to}"),
            Conversion::IntNarrow => format!("narrow_to_{to}"),
        }
    }
}

fn arith_text(op: Arith) -> &'static str {
    match op {
        Arith::Add => "+",
        Arith::Sub => "-",
        Arith::Mul => "*",
        Arith::Div => "/",
    }
}

fn bound_text(bound: Bound) -> &'static str {
    match bound {
        Bound::Saturate => "saturate",
        Bound::Trap => "trap",
    }
}

fn compare_text(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "==",
        CmpOp::Ne => "!=",
        CmpOp::Lt => "<",
        CmpOp::Le => "<=",
        CmpOp::Gt => ">",
        CmpOp::Ge => ">=",
    }
}

fn builtin_text(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Print => "print",
        Builtin::Println => "println",
        Builtin::StrLen => "string_len",
        Builtin::StrIndex => "string_index",
        Builtin::StrGet => "string_get",
        Builtin::StrSlice => "string_slice",
        Builtin::ArrayLen => "array_len",
        Builtin::ArrayGet => "array_get",
        Builtin::ArrayPush => "array_push",
        Builtin::ArrayPop => "array_pop",
        Builtin::ArraySlice => "array_slice",
        Builtin::ArrayRepeat => "array_repeat",
        Builtin::CellSet => "set",
        Builtin::IndexFind => "index_find",
        Builtin::IndexAdd => "index_add",
        Builtin::IndexRemove => "index_remove",
        Builtin::StrByteLen => "str_byte_len",
        Builtin::StrByte => "str_byte",
        Builtin::StrCut => "str_cut",
        Builtin::StrFind => "str_find",
        Builtin::StrRfind => "str_rfind",
        Builtin::StrUpper => "str_upper",
        Builtin::StrLower => "str_lower",
        Builtin::StrJoin => "str_join",
        Builtin::StrFromBytes => "str_from_bytes",
        Builtin::Utf8Error => "utf8_error",
        Builtin::StrToBytes => "str_to_bytes",
        Builtin::MainFailed => "main_failed",
        Builtin::TraceLen => "trace_len",
        Builtin::TraceLine => "trace_line",
        Builtin::ParseInt => "parse_int",
        Builtin::IsInt => "is_int",
        Builtin::ParseFloat => "parse_float",
        Builtin::IsFloat => "is_float",
        Builtin::CharFromInt => "char_from_int",
        Builtin::CharToInt => "char_to_int",
        Builtin::CharClass => "char_class",
        Builtin::FloatBits => "float_bits",
        Builtin::FloatFromBits => "float_from_bits",
        Builtin::Entry(entry) => entry.sig().name,
        Builtin::LiveRetries => "live_retries",
        Builtin::LiveTotalRetries => "live_total_retries",
        Builtin::LiveTotalExhaustions => "live_total_exhaustions",
        Builtin::InjectFault => "inject_fault",
        Builtin::Exit => "exit",
    }
}
