//! Functions that are made for types: display forms, equality and derived orders of compound values. One per type and
//! question, made when something asks for it.

use resilient_base::{EntityRef, Span};
use resilient_syntax::ast::BinaryOp as AstOp;

use super::dynamic::Dynamic;
use super::func::{FnLower, void};
use super::{Lower, Uses};
use crate::infer::InstId;
use crate::infer::nominal::StructDeclId;
use crate::library::LibFn;
use crate::typed::{
    BinaryOp, Builtin, CmpOp, Decision, Expr, ExprKind, ForRange, Func, FuncId, Local, LocalId, LoopId, Match, Place,
    Stmt,
};
use crate::types::{StructForm, Type, TypeKind, Types, VariantForm};

/// A function that is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Derived {
    /// `display$T(value) -> string`
    Display(Type),
    /// `eq$T(left, right) -> bool`
    Eq(Type),
    /// An instance of a function of the library that is written in the language.
    LibraryFn(InstId),
    /// `lt$T(left, right) -> bool` and its kind: field by field in declaration order
    Order(Type, CmpOp),
    /// The form of an instance that gives its `self` back.
    Step(InstId),
    /// See [`Dynamic`].
    Dynamic(Dynamic),
    /// The library function as a value of the function type, made at the place.
    Library(LibFn, Type, Span),
    /// An instance of a library function as a value of the function type, made at the place.
    LibraryFnValue(InstId, Type, Span),
    /// The constructor of the variant as a value of the function type.
    Variant(u32, Type),
    /// The constructor of the tuple struct as a value of the function type.
    Struct(Type),
    /// The function that makes the last of the deferred calls of another.
    NextDeferred,
}

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// A call of a function that is made. The arguments complete.
    pub(super) fn call_derived(&mut self, derived: Derived, args: &[Expr<'t>], ty: Type, span: Span) -> Expr<'t> {
        let func = self.p.derived_id(derived);
        self.call_func(func, args, ty, span, false)
    }

    /// The display form of `value`.
    pub(super) fn display(&mut self, value: Expr<'t>) -> Expr<'t> {
        if value.ty == Types::STR || value.ty == Types::NEVER {
            return value;
        }
        if self.p.dyn_trait(value.ty).is_some() {
            let display = Derived::Dynamic(Dynamic::Display(value.ty));
            return self.call_derived(display, &[value], Types::STR, value.span);
        }
        let of_library = match self.collection_of(value.ty) {
            Some(StructDeclId::MAP) => Some("__map_display"),
            Some(StructDeclId::SET) => Some("__set_display"),
            Some(StructDeclId::BYTES) => Some("__bytes_display"),
            _ => None,
        };
        if let Some(name) = of_library {
            return self.call_library(value.ty, name, &[value], value.span);
        }
        if !self.is_scalar(value.ty) {
            return self.call_derived(Derived::Display(value.ty), &[value], Types::STR, value.span);
        }
        Expr { kind: ExprKind::Display(self.alloc(value)), ty: Types::STR, span: value.span }
    }

    /// The display form of `value` as inside another value.
    pub(super) fn quoted(&mut self, value: Expr<'t>) -> Expr<'t> {
        if self.p.dyn_trait(value.ty).is_some() {
            let quoted = Derived::Dynamic(Dynamic::Quoted(value.ty));
            return self.call_derived(quoted, &[value], Types::STR, value.span);
        }
        if value.ty == Types::STR {
            return Expr { kind: ExprKind::Quoted(self.alloc(value)), ty: Types::STR, span: value.span };
        }
        self.display(value)
    }
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    /// The function `derived`, and what it mentions.
    pub(super) fn derived(p: &'l mut Lower<'c, 'd, 'a, 't>, derived: Derived) -> (Func<'t>, Uses) {
        let span = Span::new(p.file, 0, 0);
        let (ty, result, word, params): (Type, Type, &str, &[&'static str]) = match derived {
            Derived::LibraryFn(inst) => return FnLower::function(p, inst),
            Derived::LibraryFnValue(inst, ty, span) => return FnLower::library_fn_value(p, inst, ty, span),
            Derived::Display(ty) => (ty, Types::STR, "display", &["$value"]),
            Derived::Eq(ty) => (ty, Types::BOOL, "eq", &["$left", "$right"]),
            Derived::Order(ty, op) => (ty, Types::BOOL, order_word(op), &["$left", "$right"]),
            Derived::Step(inst) => return FnLower::step_function(p, inst),
            Derived::Dynamic(dynamic) => return FnLower::dynamic(p, dynamic),
            Derived::Library(function, ty, span) => return FnLower::library_value(p, function, ty, span),
            Derived::Variant(number, ty) => return FnLower::constructor(p, Some(number), ty),
            Derived::NextDeferred => return FnLower::next_deferred(p),
            Derived::Struct(ty) => return FnLower::constructor(p, None, ty),
        };
        let name: &'t str = p.arena.alloc_str(&format!("{word}${}", p.types.display(ty)));
        let mut maker = Maker { fx: FnLower::new(p, result), span, n_loops: 0 };
        let params: Vec<LocalId> = params.iter().map(|&name| maker.fx.temp(name, ty, span)).collect();
        let body = match (derived, params.as_slice()) {
            (Derived::Display(_), &[value]) => maker.display(value),
            (Derived::Eq(_), &[left, right]) => maker.equal(left, right),
            (Derived::Order(_, op), &[left, right]) => maker.order(op, left, right),
            _ => void(span),
        };
        let Maker { fx, n_loops, .. } = maker;
        let arena = fx.p.arena;
        let func = Func {
            name,
            params: arena.alloc_slice_copy(&params),
            at_caller: false,
            locals: arena.alloc_slice_copy(&fx.locals),
            n_loops,
            result,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: None,
            body: arena.alloc(body),
            span,
        };
        (func, fx.uses)
    }
}

impl Lower<'_, '_, '_, '_> {
    /// The number of the function `derived`, which will be made.
    pub(super) fn derived_id(&mut self, derived: Derived) -> FuncId {
        if let Some(&id) = self.derived_ids.get(&derived) {
            return id;
        }
        let id = self.new_func();
        self.derived.push((derived, id));
        self.derived_ids.insert(derived, id);
        id
    }
}

fn order_word(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Lt => "lt",
        CmpOp::Le => "le",
        CmpOp::Gt => "gt",
        CmpOp::Ge => "ge",
        CmpOp::Eq => "eq",
        CmpOp::Ne => "ne",
    }
}

/// The making of one function.
struct Maker<'l, 'c, 'd, 'a, 't> {
    fx: FnLower<'l, 'c, 'd, 'a, 't>,
    span: Span,
    n_loops: u32,
}

impl<'t> Maker<'_, '_, '_, '_, 't> {
    fn bool(&self, value: bool) -> Expr<'t> {
        Expr { kind: ExprKind::Bool(value), ty: Types::BOOL, span: self.span }
    }

    fn int(&self, value: i64) -> Expr<'t> {
        Expr { kind: ExprKind::Int(value), ty: Types::INT, span: self.span }
    }

    fn read(&self, id: LocalId) -> Expr<'t> {
        self.fx.local(id, self.span)
    }

    fn str(&self, text: &str) -> Expr<'t> {
        self.fx.str(text, self.span)
    }

    fn return_(&self, value: Expr<'t>) -> Expr<'t> {
        Expr { kind: ExprKind::Return(Some(self.fx.alloc(value))), ty: Types::NEVER, span: self.span }
    }

    /// `if cond { then }`
    fn when(&self, cond: Expr<'t>, then: Expr<'t>) -> Stmt<'t> {
        let kind = ExprKind::If(self.fx.alloc(cond), self.fx.alloc(then), None);
        Stmt::Expr(self.fx.alloc(Expr { kind, ty: Types::VOID, span: self.span }))
    }

    /// `for i in 0..hi { body }`
    fn count_up(&mut self, var: LocalId, hi: Expr<'t>, body: &[Stmt<'t>]) -> Stmt<'t> {
        let id = LoopId::new(self.n_loops as usize);
        self.n_loops += 1;
        let body = self.fx.block_of(body, None, Types::VOID, self.span);
        let (lo, hi, body) = (self.fx.alloc(self.int(0)), self.fx.alloc(hi), self.fx.alloc(body));
        let node = ForRange { id, var, lo, hi, inclusive: false, body };
        let kind = ExprKind::ForRange(self.fx.p.arena.alloc(node));
        Stmt::Expr(self.fx.alloc(Expr { kind, ty: Types::VOID, span: self.span }))
    }

    fn append(&self, text: LocalId, more: Expr<'t>) -> Expr<'t> {
        let kind = ExprKind::AssignOp(Place::Local(text), BinaryOp::StrConcat, self.fx.alloc(more));
        Expr { kind, ty: Types::VOID, span: self.span }
    }

    fn display(&mut self, value: LocalId) -> Expr<'t> {
        let ty = self.fx.locals[value.index()].ty;
        match self.fx.p.types.kind(ty).clone() {
            TypeKind::Array(element) => self.display_array(value, element),
            TypeKind::Struct(id) => {
                let def = self.fx.p.types.structs[id].clone();
                let fields: Vec<Expr<'t>> =
                    (0..def.fields.len() as u32).map(|i| self.fx.field(self.read(value), i, self.span)).collect();
                match def.form {
                    StructForm::Tuple => self.parts("(", ")", &[], &fields),
                    StructForm::Range => self.display_range(&fields),
                    StructForm::Named => {
                        let names: Vec<&str> = def.fields.iter().map(|field| &*field.name).collect();
                        let space = if def.name.is_empty() { "" } else { " " };
                        self.parts(&format!("{}{space}{{ ", def.name), " }", &names, &fields)
                    }
                }
            }
            TypeKind::Enum(id) => {
                let def = self.fx.p.types.enums[id].clone();
                let mut arms = Vec::with_capacity(def.variants.len());
                for (number, variant) in def.variants.iter().enumerate() {
                    let name = match def.qualified {
                        true => format!("{}::{}", def.name, variant.name),
                        false => variant.name.to_string(),
                    };
                    let fields: Vec<Expr<'t>> = (0..variant.fields.len() as u32)
                        .map(|i| self.fx.payload(self.read(value), number as u32, i, self.span))
                        .collect();
                    arms.push(match variant.form {
                        VariantForm::Plain => self.str(&name),
                        VariantForm::Tuple => match (&fields[..], variant.fields.last()) {
                            (&[text, chain], Some(last)) if last.is_hidden() => self.display_error(text, chain),
                            _ => self.parts(&format!("{name}("), ")", &[], &fields),
                        },
                        VariantForm::Named => {
                            let names: Vec<&str> = variant.fields.iter().map(|field| &*field.name).collect();
                            self.parts(&format!("{name} {{ "), " }", &names, &fields)
                        }
                    });
                }
                self.switch(value, arms, Types::STR)
            }
            TypeKind::Fn(..) => self.str("<function>"),
            TypeKind::Cell(content) => {
                let kind = ExprKind::CellGet(self.fx.alloc(self.read(value)));
                let content = Expr { kind, ty: content, span: self.span };
                self.parts("cell(", ")", &[], &[content])
            }
            _ => self.str(""),
        }
    }

    /// `start`, the fields with commas between, `end`.
    fn parts(&mut self, start: &str, end: &str, names: &[&str], fields: &[Expr<'t>]) -> Expr<'t> {
        let mut texts = Vec::new();
        let mut text = start.to_string();
        for (i, &field) in fields.iter().enumerate() {
            if i > 0 {
                text.push_str(", ");
            }
            if let Some(name) = names.get(i) {
                text.push_str(&format!("{name}: "));
            }
            texts.push(self.str(&text));
            texts.push(self.fx.quoted(field));
            text.clear();
        }
        text.push_str(end);
        texts.push(self.str(&text));
        self.fx.concat(&texts, self.span)
    }

    /// An error of type `string`: its text in quotes, unless it has a context.
    fn display_error(&mut self, text: Expr<'t>, chain: Expr<'t>) -> Expr<'t> {
        let len = self.fx.builtin(Builtin::ArrayLen, &[chain], Types::INT, self.span);
        let is_plain = self.fx.infix(BinaryOp::IntCmp(CmpOp::Eq), len, self.int(0), self.span);
        let quoted = self.fx.quoted(text);
        let kind = ExprKind::If(self.fx.alloc(is_plain), self.fx.alloc(quoted), Some(self.fx.alloc(text)));
        let shown = Expr { kind, ty: Types::STR, span: self.span };
        let texts = [self.str("Err("), shown, self.str(")")];
        self.fx.concat(&texts, self.span)
    }

    fn display_range(&mut self, fields: &[Expr<'t>]) -> Expr<'t> {
        let [lo, hi, inclusive] = fields else { return self.str("") };
        let (dots, closed) = (self.str(".."), self.str("..="));
        let kind = ExprKind::If(self.fx.alloc(*inclusive), self.fx.alloc(closed), Some(self.fx.alloc(dots)));
        let dots = Expr { kind, ty: Types::STR, span: self.span };
        let texts = [self.fx.display(*lo), dots, self.fx.display(*hi)];
        self.fx.concat(&texts, self.span)
    }

    /// `let text = "["; for i in 0..len { if i > 0 { text += ", " } text += item } text + "]"`
    fn display_array(&mut self, value: LocalId, element: Type) -> Expr<'t> {
        let span = self.span;
        let text = self.fx.new_local(Local { name: "$text", ty: Types::STR, assigned: true, span });
        let index = self.fx.temp("$i", Types::INT, span);
        let open = self.str("[");
        let len = self.fx.builtin(Builtin::ArrayLen, &[self.read(value)], Types::INT, span);
        let item = self.fx.builtin(Builtin::ArrayGet, &[self.read(value), self.read(index)], element, span);
        let is_later = self.fx.infix(BinaryOp::IntCmp(CmpOp::Gt), self.read(index), self.int(0), span);
        let comma = self.when(is_later, self.append(text, self.str(", ")));
        let shown = self.fx.quoted(item);
        let append = Stmt::Expr(self.fx.alloc(self.append(text, shown)));
        let each = self.count_up(index, len, &[comma, append]);
        let whole = self.fx.infix(BinaryOp::StrConcat, self.read(text), self.str("]"), span);
        self.fx.block_of(&[Stmt::Let(text, self.fx.alloc(open)), each], Some(whole), Types::STR, span)
    }

    /// `match value { variant 0 => arms[0], .. }`
    fn switch(&self, value: LocalId, arms: Vec<Expr<'t>>, ty: Type) -> Expr<'t> {
        let arena = self.fx.p.arena;
        let cases: Vec<(u32, Decision<'t>)> =
            (0..arms.len() as u32).map(|arm| (arm, Decision::Arm { bindings: &[], arm })).collect();
        let subject = self.fx.alloc(self.read(value));
        let decision = Decision::Switch { subject, cases: arena.alloc_slice_copy(&cases), default: None };
        let node = Match { decision: arena.alloc(decision), arms: arena.alloc_slice_copy(&arms) };
        Expr { kind: ExprKind::Match(arena.alloc(node)), ty, span: self.span }
    }

    fn equal(&mut self, left: LocalId, right: LocalId) -> Expr<'t> {
        let ty = self.fx.locals[left.index()].ty;
        match self.fx.p.types.kind(ty).clone() {
            TypeKind::Array(element) => self.equal_arrays(left, right, element),
            TypeKind::Struct(id) => {
                let n_fields = self.fx.p.types.structs[id].fields.len() as u32;
                let pairs: Vec<(Expr<'t>, Expr<'t>)> = (0..n_fields)
                    .map(|i| {
                        let field = |of| self.fx.field(self.read(of), i, self.span);
                        (field(left), field(right))
                    })
                    .collect();
                self.all_equal(&pairs)
            }
            TypeKind::Enum(id) => {
                let shapes: Vec<u32> =
                    self.fx.p.types.enums[id].variants.iter().map(|variant| variant.fields.len() as u32).collect();
                let mut arms = Vec::with_capacity(shapes.len());
                for (number, n_fields) in (0..).zip(shapes) {
                    let pairs: Vec<(Expr<'t>, Expr<'t>)> = (0..n_fields)
                        .map(|i| {
                            let part = |of| self.fx.payload(self.read(of), number, i, self.span);
                            (part(left), part(right))
                        })
                        .collect();
                    let same = self.all_equal(&pairs);
                    let (subject, other) = (self.read(right), self.bool(false));
                    arms.push(self.fx.if_variant(subject, number, same, other, Types::BOOL, self.span));
                }
                self.switch(left, arms, Types::BOOL)
            }
            _ => self.bool(true),
        }
    }

    fn all_equal(&mut self, pairs: &[(Expr<'t>, Expr<'t>)]) -> Expr<'t> {
        let mut whole: Option<Expr<'t>> = None;
        for &(left, right) in pairs {
            let equal = self.fx.equal(left, right, self.span);
            whole = Some(match whole {
                None => equal,
                Some(before) => {
                    let kind = ExprKind::And(self.fx.alloc(before), self.fx.alloc(equal));
                    Expr { kind, ty: Types::BOOL, span: self.span }
                }
            });
        }
        whole.unwrap_or(self.bool(true))
    }

    fn equal_arrays(&mut self, left: LocalId, right: LocalId, element: Type) -> Expr<'t> {
        let span = self.span;
        let index = self.fx.temp("$i", Types::INT, span);
        let len = |this: &Self, of| this.fx.builtin(Builtin::ArrayLen, &[this.read(of)], Types::INT, span);
        let item =
            |this: &Self, of| this.fx.builtin(Builtin::ArrayGet, &[this.read(of), this.read(index)], element, span);
        let (left_len, right_len) = (len(self, left), len(self, right));
        let lengths_differ = self.fx.infix(BinaryOp::IntCmp(CmpOp::Ne), left_len, right_len, span);
        let different = self.when(lengths_differ, self.return_(self.bool(false)));
        let (left_item, right_item) = (item(self, left), item(self, right));
        let equal = self.fx.equal(left_item, right_item, span);
        let kind = ExprKind::If(
            self.fx.alloc(equal),
            self.fx.alloc(void(span)),
            Some(self.fx.alloc(self.return_(self.bool(false)))),
        );
        let test = Stmt::Expr(self.fx.alloc(Expr { kind, ty: Types::VOID, span }));
        let each = self.count_up(index, left_len, &[test]);
        self.fx.block_of(&[different, each], Some(self.bool(true)), Types::BOOL, span)
    }

    /// For each field: if it decides, that is the answer; if it is not equal either, the values are unordered.
    fn order(&mut self, op: CmpOp, left: LocalId, right: LocalId) -> Expr<'t> {
        let span = self.span;
        let ty = self.fx.locals[left.index()].ty;
        let strict = if matches!(op, CmpOp::Lt | CmpOp::Le) { AstOp::Lt } else { AstOp::Gt };
        let mut stmts = Vec::new();
        for (i, field) in (0..).zip(self.fx.p.field_types(ty)) {
            let part = |this: &Self, of| this.fx.field(this.read(of), i, span);
            let (a, b) = (part(self, left), part(self, right));
            let decides = match (field, strict) {
                (Types::BOOL, AstOp::Lt) => self.and_not(b, a),
                (Types::BOOL, _) => self.and_not(a, b),
                _ => self.fx.infix(self.fx.operator_for(strict, field), a, b, span),
            };
            stmts.push(self.when(decides, self.return_(self.bool(true))));
            let differs = self.fx.infix(self.fx.operator_for(AstOp::Ne, field), a, b, span);
            stmts.push(self.when(differs, self.return_(self.bool(false))));
        }
        let or_equal = self.bool(matches!(op, CmpOp::Le | CmpOp::Ge));
        self.fx.block_of(&stmts, Some(or_equal), Types::BOOL, span)
    }

    /// `yes && !no`
    fn and_not(&self, yes: Expr<'t>, no: Expr<'t>) -> Expr<'t> {
        let kind = ExprKind::Unary(crate::typed::UnaryOp::BoolNot, self.fx.alloc(no));
        let not = Expr { kind, ty: Types::BOOL, span: self.span };
        Expr { kind: ExprKind::And(self.fx.alloc(yes), self.fx.alloc(not)), ty: Types::BOOL, span: self.span }
    }
}
