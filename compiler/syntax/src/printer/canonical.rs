//! The canonical text of an expression in messages about contracts and invariants.
//!
//! Not the source text: numbers in display form, one space around infix operators, and parentheses exactly where the tree
//! needs them, whatever was written. Forms that are no plain computation print as `<expr>`.

use resilient_base::Interner;

use super::Printer;
use crate::ast::{Arg, BinaryOp, Expr, ExprKind, RangeKind, UnaryOp};

/// Levels of operators, from loose to tight; see the parser's table.
const RANGE: u8 = 0;
const PREFIX: u8 = 11;
const POSTFIX: u8 = 12;
/// Above every level: always in parentheses.
const CLOSED: u8 = 13;

/// `expr` as it appears in messages such as ``Contract violation in fn f: requires n > 0 failed``.
pub fn print_expr_canonical(expr: &Expr<'_>, interner: &Interner) -> String {
    let mut canonical = Canonical { printer: Printer::new(interner) };
    canonical.expr(expr, RANGE);
    canonical.printer.out
}

struct Canonical<'i> {
    printer: Printer<'i>,
}

impl Canonical<'_> {
    fn word(&mut self, text: &str) {
        self.printer.word(text);
    }

    /// Prints `expr` where only operators of at least level `min` can stand without parentheses.
    fn expr(&mut self, expr: &Expr<'_>, min: u8) {
        let expr = without_parens(expr);
        let needs_parens = level(expr) < min;
        self.word(if needs_parens { "(" } else { "" });
        self.bare(expr);
        self.word(if needs_parens { ")" } else { "" });
    }

    /// Prints an operand that something follows, which an open end would take as its own.
    fn left(&mut self, operand: &Expr<'_>, min: u8) {
        self.expr(operand, if ends_open(operand) { CLOSED } else { min });
    }

    /// Prints what stands before a dot; a number would take the dot.
    fn base(&mut self, base: &Expr<'_>) {
        let is_number = matches!(without_parens(base).kind, ExprKind::Int(..) | ExprKind::Float(..));
        self.left(base, if is_number { CLOSED } else { POSTFIX });
    }

    fn bare(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Int(value, _) => self.word(&value.to_string()),
            ExprKind::Float(value, suffix) => {
                let single =
                    suffix.is_some_and(|name| matches!(self.printer.interner.resolve(name.symbol), "f32" | "Float32"));
                self.word(&if single { f64::from(value as f32) } else { value }.to_string());
            }
            ExprKind::Str(text) => self.string(text),
            ExprKind::Char(c) => self.printer.char(c),
            ExprKind::Bool(value) => self.word(if value { "true" } else { "false" }),
            ExprKind::Path(path) => self.printer.path(path),
            ExprKind::Unary(op, operand) => {
                self.word(if op == UnaryOp::Neg { "-" } else { "!" });
                self.expr(operand, PREFIX);
            }
            ExprKind::Binary(op, left, right, _) => {
                let level = binary_level(op);
                self.infix(left, level, op.text(), right, level + 1);
            }
            ExprKind::Pipe(left, right) => self.infix(left, 1, "|>", right, 2),
            ExprKind::Coalesce(left, right) => self.infix(left, 1, "??", right, 1),
            ExprKind::Range(start, end, kind) => {
                start.into_iter().for_each(|start| self.left(start, 1));
                self.word(if kind == RangeKind::Inclusive { "..=" } else { ".." });
                end.into_iter().for_each(|end| self.expr(end, 1));
            }
            ExprKind::Call(callee, args) => {
                self.left(callee, POSTFIX);
                self.args(args);
            }
            ExprKind::MethodCall(base, name, args) => {
                self.base(base);
                self.word(".");
                self.printer.name(name);
                self.args(args);
            }
            ExprKind::Field(base, name) => {
                self.base(base);
                self.word(".");
                self.printer.name(name);
            }
            ExprKind::TupleField(base, index, _) => {
                self.base(base);
                self.word(&format!(".{index}"));
            }
            ExprKind::Index(base, index) => {
                self.left(base, POSTFIX);
                self.word("[");
                self.expr(index, RANGE);
                self.word("]");
            }
            ExprKind::Cast(operand, target) => {
                self.left(operand, POSTFIX);
                self.word(" as ");
                self.printer.name(target);
            }
            ExprKind::Quantifier(node) => {
                self.word(if node.is_exists { "exists " } else { "forall " });
                self.printer.name(node.var);
                self.word(" in ");
                self.expr(node.source, RANGE);
                self.word(": ");
                self.expr(node.body, RANGE);
            }
            ExprKind::Paren(inner) => self.bare(inner),
            ExprKind::Interpolated(_)
            | ExprKind::Bytes(_)
            | ExprKind::Tuple(_)
            | ExprKind::Array(_)
            | ExprKind::Comprehension(_)
            | ExprKind::Map(_)
            | ExprKind::Set(_)
            | ExprKind::Record(_)
            | ExprKind::New(_)
            | ExprKind::Closure(_)
            | ExprKind::Try(_)
            | ExprKind::OptField(..)
            | ExprKind::OptMethodCall(..)
            | ExprKind::If(_)
            | ExprKind::Match(_)
            | ExprKind::While(_)
            | ExprKind::For(_)
            | ExprKind::Loop(_)
            | ExprKind::Live(_)
            | ExprKind::TryCatch(_)
            | ExprKind::Unsafe(_)
            | ExprKind::Block(_)
            | ExprKind::Stmt(_)
            | ExprKind::Error => self.word("<expr>"),
        }
    }

    fn infix(&mut self, left: &Expr<'_>, left_min: u8, op: &str, right: &Expr<'_>, right_min: u8) {
        self.left(left, left_min);
        self.word(" ");
        self.word(op);
        self.word(" ");
        self.expr(right, right_min);
    }

    fn args(&mut self, args: &[Arg<'_>]) {
        self.word("(");
        for (index, arg) in args.iter().enumerate() {
            self.word(if index > 0 { ", " } else { "" });
            if let Some(name) = arg.name {
                self.printer.name(name);
                self.word(": ");
            }
            self.expr(arg.value, RANGE);
        }
        self.word(")");
    }

    fn string(&mut self, text: &str) {
        self.word("\"");
        for c in text.chars() {
            match c {
                '"' => self.word("\\\""),
                '\\' => self.word("\\\\"),
                '\n' => self.word("\\n"),
                '\t' => self.word("\\t"),
                c => self.printer.out.push(c),
            }
        }
        self.word("\"");
    }
}

fn without_parens<'e, 'a>(mut expr: &'e Expr<'a>) -> &'e Expr<'a> {
    while let ExprKind::Paren(inner) = expr.kind {
        expr = inner;
    }
    expr
}

/// How tightly the outermost operator of `expr` binds.
fn level(expr: &Expr<'_>) -> u8 {
    match expr.kind {
        ExprKind::Range(..) => RANGE,
        ExprKind::Pipe(..) | ExprKind::Coalesce(..) => 1,
        ExprKind::Binary(op, ..) => binary_level(op),
        ExprKind::Unary(..) => PREFIX,
        _ => POSTFIX,
    }
}

/// Whether `expr` ends in the body of a quantifier or in the right side of `??`, which take what follows as their own.
fn ends_open(expr: &Expr<'_>) -> bool {
    let mut expr = without_parens(expr);
    loop {
        expr = match expr.kind {
            ExprKind::Quantifier(_) | ExprKind::Coalesce(..) => return true,
            ExprKind::Binary(_, _, right, _) | ExprKind::Pipe(_, right) | ExprKind::Unary(_, right) => right,
            _ => return false,
        };
    }
}

fn binary_level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::BitOr => 3,
        BinaryOp::BitXor => 4,
        BinaryOp::BitAnd => 5,
        BinaryOp::Eq | BinaryOp::Ne => 6,
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 7,
        BinaryOp::Shl | BinaryOp::Shr => 8,
        BinaryOp::Add | BinaryOp::Sub => 9,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 10,
    }
}
