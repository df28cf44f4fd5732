//! Expressions.

use resilient_base::Span;
use resilient_syntax::ast::{self, StrPart, UnaryOp as AstUnaryOp};

use super::func::{FnLower, func_id};
use crate::infer::ConstValue;
use crate::library::LibFn;
use crate::tables::{ArgSource, Callee, Key, Res};
use crate::typed::{Builtin, Call, Conversion, Expr, ExprKind, Place, Stmt, UnaryOp};
use crate::types::{Type, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The value of `expr`.
    pub(super) fn value(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        let ty = self.ty(expr);
        self.into(expr, ty, false)
    }

    /// The value of `expr` where a `target` is wanted; void drops it.
    pub(super) fn into(&mut self, expr: &'a ast::Expr<'a>, target: Type, is_tail: bool) -> Expr<'t> {
        match &expr.kind {
            ast::ExprKind::Paren(inner) => self.into(inner, target, is_tail),
            ast::ExprKind::If(node) => self.if_(node, expr.span, target, is_tail),
            ast::ExprKind::Block(block) => self.block(block, target, is_tail),
            _ => {
                let value = self.plain(expr, is_tail);
                self.fit(value, target)
            }
        }
    }

    /// Drops `value` where void is wanted.
    fn fit(&self, value: Expr<'t>, target: Type) -> Expr<'t> {
        if target != Types::VOID || value.ty == Types::VOID || value.ty == Types::NEVER {
            return value;
        }
        self.block_of(&[Stmt::Expr(self.alloc(value))], None, Types::VOID, value.span)
    }

    /// `expr` for its effects.
    pub(super) fn effect(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        match &expr.kind {
            ast::ExprKind::Paren(inner) => self.effect(inner),
            ast::ExprKind::If(_) | ast::ExprKind::Block(_) => self.into(expr, Types::VOID, false),
            _ => self.plain(expr, false),
        }
    }

    /// Operands in order. If one does not complete, what is left of the whole is to evaluate those up to there.
    pub(super) fn operands(&self, operands: &[Expr<'t>], span: Span) -> Result<(), Expr<'t>> {
        let Some(at) = operands.iter().position(|e| e.ty == Types::NEVER) else { return Ok(()) };
        if at == 0 {
            return Err(operands[0]);
        }
        let before: Vec<Stmt<'t>> = operands[..at].iter().map(|&e| Stmt::Expr(self.alloc(e))).collect();
        Err(self.block_of(&before, Some(operands[at]), Types::NEVER, span))
    }

    fn plain(&mut self, expr: &'a ast::Expr<'a>, is_tail: bool) -> Expr<'t> {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Int(value, _) => Expr { kind: ExprKind::Int(*value as i64), ty: Types::INT, span },
            ast::ExprKind::Float(value, _) => Expr { kind: ExprKind::Float(*value), ty: Types::FLOAT, span },
            ast::ExprKind::Bool(value) => Expr { kind: ExprKind::Bool(*value), ty: Types::BOOL, span },
            ast::ExprKind::Str(text) => self.str(text, span),
            ast::ExprKind::Interpolated(parts) => self.interpolated(parts, span),
            ast::ExprKind::Path(_) => {
                let res = *self.t.names.get(&Key::of(expr)).expect("every name of a checked body has a meaning");
                let ty = self.ty(expr);
                self.name(res, ty, span)
            }
            ast::ExprKind::Unary(op, operand) => self.unary(*op, operand, span),
            ast::ExprKind::Binary(op, left, right, _) => self.binary(*op, left, right, span),
            ast::ExprKind::Call(_, args) => self.call(expr, args, is_tail),
            ast::ExprKind::MethodCall(receiver, name, _) => self.method_call(receiver, *name, span),
            ast::ExprKind::Cast(operand, _) => {
                let target = self.ty(expr);
                let operand = self.value(operand);
                self.convert(operand, target, span)
            }
            ast::ExprKind::While(node) => self.while_(expr, node),
            ast::ExprKind::For(node) => self.for_(expr, node),
            ast::ExprKind::Loop(node) => self.loop_(expr, None, &node.body),
            ast::ExprKind::Stmt(stmt) => {
                let mut stmts = Vec::new();
                let completes = self.stmt(stmt, &mut stmts);
                let ty = if completes { Types::VOID } else { Types::NEVER };
                self.block_of(&stmts, None, ty, span)
            }
            _ => unreachable!("the checker lets no such expression pass: {expr:?}"),
        }
    }

    fn interpolated(&mut self, parts: &'a [StrPart<'a>], span: Span) -> Expr<'t> {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            texts.push(match part {
                StrPart::Text(text) => self.str(text, span),
                StrPart::Expr(expr) => {
                    let value = self.value(expr);
                    self.display(value)
                }
            });
        }
        if let Err(diverging) = self.operands(&texts, span) {
            return diverging;
        }
        self.concat(&texts, span)
    }

    pub(super) fn concat(&self, parts: &[Expr<'t>], span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Concat(self.p.arena.alloc_slice_copy(parts)), ty: Types::STR, span }
    }

    /// The display form of `value`.
    pub(super) fn display(&self, value: Expr<'t>) -> Expr<'t> {
        if value.ty == Types::STR || value.ty == Types::NEVER {
            return value;
        }
        Expr { kind: ExprKind::Display(self.alloc(value)), ty: Types::STR, span: value.span }
    }

    /// The display form of `value` as inside another value.
    pub(super) fn quoted(&self, value: Expr<'t>) -> Expr<'t> {
        Expr { kind: ExprKind::Quoted(self.alloc(value)), ty: Types::STR, span: value.span }
    }

    pub(super) fn name(&mut self, res: Res, ty: Type, span: Span) -> Expr<'t> {
        if let Res::Const(id) = res {
            let value = self.p.checked.consts[id].clone().expect("constants of a program without errors have values");
            return self.const_value(&value, span);
        }
        let kind = match self.place_of(res) {
            Place::Local(id) => ExprKind::Local(id),
            Place::Global(id) => ExprKind::Global(id),
        };
        Expr { kind, ty, span }
    }

    pub(super) fn const_value(&self, value: &ConstValue, span: Span) -> Expr<'t> {
        let (kind, ty) = match value {
            ConstValue::Int(value) => (ExprKind::Int(*value), Types::INT),
            ConstValue::Float(value) => (ExprKind::Float(*value), Types::FLOAT),
            ConstValue::Bool(value) => (ExprKind::Bool(*value), Types::BOOL),
            ConstValue::Str(text) => return self.str(text, span),
        };
        Expr { kind, ty, span }
    }

    /// Where the variable `res` is kept.
    pub(super) fn place_of(&mut self, res: Res) -> Place {
        match res {
            Res::Local(id) => {
                let id = self.local_id(id);
                Place::Local(self.entry_copy(id))
            }
            Res::TopLet(id) => {
                self.uses.lets.push(id);
                match (self.p.let_globals[id], self.let_locals[id]) {
                    (Some(global), _) => Place::Global(global),
                    (None, local) => Place::Local(local.expect("a variable that is in scope was declared")),
                }
            }
            Res::Static(id) => {
                Place::Global(self.p.static_globals[id].expect("all of them were declared at the start"))
            }
            Res::Const(_) | Res::Fn(_) | Res::Lib(_) => unreachable!("the checker lets no such place pass: {res:?}"),
        }
    }

    fn unary(&mut self, op: AstUnaryOp, operand: &'a ast::Expr<'a>, span: Span) -> Expr<'t> {
        let operand = self.value(operand);
        let ty = operand.ty;
        if ty == Types::NEVER {
            return operand;
        }
        let kind = match (op, operand.kind) {
            // A negated literal is one literal.
            (AstUnaryOp::Neg, ExprKind::Int(value)) => ExprKind::Int(value.wrapping_neg()),
            (AstUnaryOp::Neg, ExprKind::Float(value)) => ExprKind::Float(-value),
            (AstUnaryOp::Neg, _) if ty == Types::FLOAT => ExprKind::Unary(UnaryOp::FloatNeg, self.alloc(operand)),
            (AstUnaryOp::Neg, _) => ExprKind::Unary(UnaryOp::IntNeg, self.alloc(operand)),
            (AstUnaryOp::Not, _) => ExprKind::Unary(UnaryOp::BoolNot, self.alloc(operand)),
        };
        Expr { kind, ty, span }
    }

    /// `operand` as a `target`.
    fn convert(&self, operand: Expr<'t>, target: Type, span: Span) -> Expr<'t> {
        let conversion = match (operand.ty, target) {
            (Types::NEVER, _) => return operand,
            (Types::INT, Types::FLOAT) => Conversion::IntToFloat,
            (Types::FLOAT, Types::INT) => Conversion::FloatToInt,
            (_, Types::STR) => return self.display(operand),
            _ => return operand,
        };
        Expr { kind: ExprKind::Convert(conversion, self.alloc(operand)), ty: target, span }
    }

    fn call(&mut self, expr: &'a ast::Expr<'a>, args: &'a [ast::Arg<'a>], is_tail: bool) -> Expr<'t> {
        let (func, sources) = match self.t.calls.get(&Key::of(expr)) {
            Some(Callee::Lib(function)) => {
                let function = *function;
                let args: Vec<Expr<'t>> = args.iter().map(|arg| self.value(arg.value)).collect();
                return self.call_lib(function, &args, expr.span);
            }
            Some(Callee::Fn(func, sources)) => (*func, sources.clone()),
            None => unreachable!("every call of a checked body has a callee: {expr:?}"),
        };
        let mut values = Vec::with_capacity(sources.len());
        for (index, source) in sources.into_iter().enumerate() {
            values.push(match source {
                ArgSource::Given(at) => self.value(args[at as usize].value),
                ArgSource::Default => {
                    let default = self.p.checked.sigs[func].params[index].default.clone();
                    self.const_value(&default.expect("the checker saw the default value"), expr.span)
                }
            });
        }
        if let Err(diverging) = self.operands(&values, expr.span) {
            return diverging;
        }
        self.uses.fns.push(func);
        let result = self.p.checked.sigs[func].result;
        let call = Call {
            func: func_id(func),
            args: self.p.arena.alloc_slice_copy(&values),
            is_self_tail: is_tail && self.tail_fn == Some(func),
        };
        Expr { kind: ExprKind::Call(self.p.arena.alloc(call)), ty: self.concrete(result), span: expr.span }
    }

    fn call_lib(&self, function: LibFn, args: &[Expr<'t>], span: Span) -> Expr<'t> {
        if let Err(diverging) = self.operands(args, span) {
            return diverging;
        }
        let (builtin, ty) = match (function, args) {
            (LibFn::Print, _) => (Builtin::Print, Types::VOID),
            (LibFn::Println, _) => (Builtin::Println, Types::VOID),
            (LibFn::Len, _) => (Builtin::StrLen, Types::INT),
            (LibFn::Exit, _) => (Builtin::Exit, Types::NEVER),
            (LibFn::ToInt, [arg]) => return self.convert(*arg, Types::INT, span),
            (LibFn::ToFloat, [arg]) => return self.convert(*arg, Types::FLOAT, span),
            (LibFn::ToString, [arg]) => return self.display(*arg),
            (LibFn::ToInt | LibFn::ToFloat | LibFn::ToString, _) => {
                unreachable!("the checker counted the arguments of {function:?}")
            }
        };
        Expr { kind: ExprKind::CallBuiltin(builtin, self.p.arena.alloc_slice_copy(args)), ty, span }
    }

    fn method_call(&mut self, receiver: &'a ast::Expr<'a>, name: ast::Name, span: Span) -> Expr<'t> {
        let receiver = self.value(receiver);
        let function = LibFn::string_method(self.p.cx.name(name.symbol));
        match function {
            _ if receiver.ty == Types::NEVER => receiver,
            Some(function) => self.call_lib(function, &[receiver], span),
            None => unreachable!("the checker lets no such method pass: {name:?}"),
        }
    }
}
