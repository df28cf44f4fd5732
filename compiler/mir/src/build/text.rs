//! Strings from parts: `+`, display forms and interpolation, and printing.
//!
//! A tree of these is first taken apart into its *parts* from left to right, so that nested ones need no strings of
//! their own. All parts are evaluated, which gives *pieces*, and then either joined or printed one after another. Joining
//! and printing have no effect that evaluation could notice, so the order of evaluation is kept.

use resilient_abi::RtFn;
use resilient_sema::typed::{BinaryOp, Expr, ExprKind, LocalId};
use resilient_sema::types::{IntTy, TypeKind, Types};

use super::effects::Stores;
use super::function::FuncBuilder;
use super::scope::{Operand, peel};
use super::{Diverged, Flow};
use crate::ir::{self, Const, InstKind, Ty, Value};

/// A part of a string: it stands for its display form.
pub(super) enum Part<'t> {
    /// This text.
    Text(&'static str),
    /// The display form of the value.
    Expr(&'t Expr<'t>),
}

/// An evaluated part.
pub(super) enum Piece {
    Text(String),
    Str(Operand),
    Int(Value),
    Uint(Value),
    Float(Value),
    Bool(Value),
    Char(Value),
}

/// The parts whose display forms one after another are the display form of `expr`.
pub(super) fn parts_of<'t>(expr: &'t Expr<'t>) -> Vec<Part<'t>> {
    let mut parts = Vec::new();
    let mut stack = vec![Part::Expr(expr)];
    while let Some(part) = stack.pop() {
        let Part::Expr(expr) = part else {
            parts.push(part);
            continue;
        };
        match expr.kind {
            ExprKind::Concat(list) => stack.extend(list.iter().rev().map(Part::Expr)),
            ExprKind::Binary(BinaryOp::StrConcat, left, right) => {
                stack.extend([Part::Expr(right), Part::Expr(left)]);
            }
            ExprKind::Quoted(inner) if inner.ty == Types::STR => {
                stack.extend([Part::Text("\""), Part::Expr(inner), Part::Text("\"")]);
            }
            ExprKind::Display(inner) | ExprKind::Quoted(inner) => stack.push(Part::Expr(inner)),
            _ => parts.push(Part::Expr(expr)),
        }
    }
    parts
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The string `expr` builds, one of the forms taken apart here.
    pub(super) fn text(&mut self, expr: &'t Expr<'t>) -> Flow<Value> {
        let depth = self.held.len();
        let pieces = self.pieces(&parts_of(expr), None)?;
        self.held.truncate(depth);
        Ok(self.join_pieces(None, pieces))
    }

    /// Prints the display form of the argument, if there is one.
    pub(super) fn print(&mut self, args: &'t [Expr<'t>]) -> Flow<()> {
        let depth = self.held.len();
        let parts: Vec<Part<'t>> = args.iter().flat_map(parts_of).collect();
        let pieces = self.pieces(&parts, None)?;
        self.held.truncate(depth);
        for piece in pieces {
            match piece {
                Piece::Int(value) => self.ssa.rt_effect(RtFn::PrintInt, &[value]),
                Piece::Uint(value) => self.ssa.rt_effect(RtFn::PrintUint, &[value]),
                Piece::Char(value) => self.ssa.rt_effect(RtFn::PrintChar, &[value]),
                Piece::Float(value) => self.ssa.rt_effect(RtFn::PrintFloat, &[value]),
                Piece::Bool(value) => self.ssa.rt_effect(RtFn::PrintBool, &[value]),
                Piece::Text(_) | Piece::Str(_) => {
                    let text = self.piece_string(piece);
                    self.ssa.rt_effect(RtFn::PrintStr, &[text.value]);
                    self.release_operand(text);
                }
            }
        }
        Ok(())
    }

    /// Evaluates all parts. Those that are temporaries are held, until the caller cuts the stack back. A read of the
    /// variable `consumed` gets a reference of its own.
    pub(super) fn pieces(&mut self, parts: &[Part<'t>], consumed: Option<LocalId>) -> Flow<Vec<Piece>> {
        let in_danger = self.parts_in_danger(parts);
        let mut pieces = Vec::with_capacity(parts.len());
        for (part, in_danger) in parts.iter().zip(in_danger) {
            let piece = match *part {
                Part::Text(text) => Piece::Text(text.to_string()),
                Part::Expr(expr) => self.piece(expr, in_danger, consumed)?,
            };
            match (piece, pieces.last_mut()) {
                (Piece::Text(more), Some(Piece::Text(text))) => text.push_str(&more),
                (Piece::Text(text), _) if text.is_empty() => {}
                (piece, _) => pieces.push(piece),
            }
        }
        Ok(pieces)
    }

    /// For each part, whether it is read from a variable that a later part may store to.
    fn parts_in_danger(&self, parts: &[Part<'t>]) -> Vec<bool> {
        let mut in_danger = vec![false; parts.len()];
        let root = |part: &Part<'t>| match part {
            Part::Text(_) => None,
            Part::Expr(expr) => self.root(peel(expr)),
        };
        let is_assigned = |part| root(part).is_some_and(|local| self.ssa.is_assigned(local));
        let Some(first) = parts.iter().position(is_assigned) else {
            return in_danger;
        };
        let mut later = Stores::default();
        for (index, part) in parts.iter().enumerate().skip(first).rev() {
            in_danger[index] = root(part).is_some_and(|local| later.has_local(local));
            if let Part::Expr(expr) = part {
                later.add(expr);
            }
        }
        in_danger
    }

    fn piece(&mut self, expr: &'t Expr<'t>, in_danger: bool, consumed: Option<LocalId>) -> Flow<Piece> {
        if let ExprKind::Str(text) = expr.kind {
            return Ok(Piece::Text(text.to_string()));
        }
        let kind = self.types().kind(expr.ty).clone();
        Ok(match kind {
            TypeKind::Int(IntTy { bits: 64, signed: false }) => Piece::Uint(self.value(expr)?),
            TypeKind::Int(_) => Piece::Int(self.value(expr)?),
            TypeKind::Char => Piece::Char(self.value(expr)?),
            TypeKind::Float => Piece::Float(self.value(expr)?),
            TypeKind::F32 => {
                let value = self.value(expr)?;
                Piece::Float(self.ssa.def(InstKind::Unary(ir::UnaryOp::F32ToFloat, value), Ty::F64))
            }
            TypeKind::Bool => Piece::Bool(self.value(expr)?),
            TypeKind::Str => {
                let expr = peel(expr);
                let needs_own = in_danger || consumed.is_some() && consumed == self.root(expr);
                let operand = match needs_own {
                    true => {
                        let value = self.value(expr)?;
                        self.temporary(value)
                    }
                    false => self.operand(expr, &[])?,
                };
                self.hold_operand(operand);
                Piece::Str(operand)
            }
            TypeKind::Void => {
                self.discard(expr)?;
                Piece::Text(self.types().display(expr.ty))
            }
            TypeKind::Never => return Err(self.diverge(expr)),
            TypeKind::Array(_) | TypeKind::Struct(_) | TypeKind::Enum(_) | TypeKind::Fn(..) | TypeKind::Cell(_) => {
                unreachable!("the checker writes a call for the display form of {}", self.types().display(expr.ty))
            }
        })
    }

    /// Evaluates an expression that does not complete.
    fn diverge(&mut self, expr: &'t Expr<'t>) -> Diverged {
        match self.eval(expr) {
            Err(diverged) => diverged,
            Ok(_) => unreachable!("an expression of type never does not complete"),
        }
    }

    /// The string of `start` and the pieces, all of which are given up.
    pub(super) fn join_pieces(&mut self, start: Option<Value>, pieces: Vec<Piece>) -> Value {
        let mut joined = start;
        for piece in pieces {
            let piece = self.piece_string(piece);
            joined = Some(match joined {
                None => self.own(piece),
                Some(left) => {
                    let both = self.ssa.rt(RtFn::StrConcat, &[left, piece.value], None);
                    self.release_operand(piece);
                    both
                }
            });
        }
        joined.unwrap_or_else(|| self.literal(""))
    }

    fn piece_string(&mut self, piece: Piece) -> Operand {
        let value = match piece {
            Piece::Str(operand) => return operand,
            Piece::Text(text) => self.literal(&text),
            Piece::Int(value) => self.ssa.rt(RtFn::StrFromInt, &[value], None),
            Piece::Uint(value) => self.ssa.rt(RtFn::StrFromUint, &[value], None),
            Piece::Char(value) => self.ssa.rt(RtFn::StrFromChar, &[value], None),
            Piece::Float(value) => self.ssa.rt(RtFn::StrFromFloat, &[value], None),
            Piece::Bool(value) => self.ssa.rt(RtFn::StrFromBool, &[value], None),
        };
        self.temporary(value)
    }

    /// A value nobody else owns.
    pub(super) fn temporary(&self, value: Value) -> Operand {
        Operand { value, owner: self.is_counted(value).then_some(value) }
    }

    /// A string literal.
    pub(super) fn literal(&mut self, text: &str) -> Value {
        let id = self.module.string(text);
        self.ssa.constant(Const::Str(id))
    }
}
