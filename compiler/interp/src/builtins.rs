//! Library functions: operands left to right, then the function.

use resilient_base::{EntityRef, Span};
use resilient_runtime::array::{POP_FAULT, repetitions};
use resilient_runtime::bounds::slice_bounds;
use resilient_runtime::fault::{OUT_OF_MEMORY, report_at};
use resilient_runtime::string::Str;
use resilient_runtime::{live, output};
use resilient_sema::typed::{Builtin, Expr, ExprKind, Place};

use crate::exit::{Eval, Exit, fault};
use crate::machine::Machine;
use crate::parts::Parts;
use crate::primitives;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// A call of a library function; a fault stands at `span`.
    pub(crate) fn builtin(&mut self, builtin: Builtin, args: &'p [Expr<'p>], span: Span) -> Eval {
        match (builtin, args) {
            (Builtin::Print, []) => output::flush(),
            (Builtin::Print, [value]) => {
                let text = self.display_text(value)?;
                output::write(text.as_str());
                output::flush();
            }
            (Builtin::Println, []) => output::end_line(),
            (Builtin::Println, [value]) => {
                let text = self.display_text(value)?;
                output::write(text.as_str());
                output::end_line();
            }
            (Builtin::MainFailed, [message]) => report_at(None, self.eval(message)?.into_str().as_str()),
            (Builtin::Exit, [status]) => return Err(Exit::Stop(self.eval(status)?.into_int())),
            (Builtin::StrLen, [text]) => return Ok(Value::Int(self.eval(text)?.into_str().len() as i64)),
            (Builtin::StrIndex, [text, index]) => return self.str_index(text, index, span),
            (Builtin::StrGet, [text, index]) => {
                let text = self.eval(text)?.into_str();
                return Ok(Value::Char(text.get(self.eval(index)?.into_int() as usize)));
            }
            (Builtin::StrSlice, [text, bounds @ ..]) => {
                let text = self.eval(text)?.into_str();
                let (lo, hi, inclusive) = self.bounds(bounds)?;
                return or_fault(text.slice(lo, hi, inclusive).map(Value::Str), span);
            }
            (Builtin::ArrayLen, [array]) => return Ok(Value::Int(self.eval(array)?.into_elements().len() as i64)),
            (Builtin::ArrayGet, [array, index]) => {
                let array = self.eval(array)?.into_elements();
                return Ok(array.as_slice()[self.eval(index)?.into_int() as usize].clone());
            }
            (Builtin::ArrayPush | Builtin::ArrayPop, [array, args @ ..]) => {
                let array = self.eval(array)?;
                let value = args.first().map(|value| self.eval(value)).transpose()?;
                return push_or_pop(array, value, span);
            }
            (Builtin::ArraySlice, [array, bounds @ ..]) => {
                let array = self.eval(array)?.into_elements();
                let (lo, hi, inclusive) = self.bounds(bounds)?;
                let range = or_fault(slice_bounds(lo, hi, inclusive, array.len()), span)?;
                return Ok(Value::Array(match range.len() == array.len() {
                    true => array,
                    false => Parts::new(array.as_slice()[range].to_vec()),
                }));
            }
            (Builtin::ArrayRepeat, [value, count]) => {
                let value = self.eval(value)?;
                return array_repeat(value, self.eval(count)?.into_int(), span);
            }
            (Builtin::CellSet, [cell, value]) => return self.set_cell(cell, value),
            (Builtin::LiveRetries, []) => return or_fault(live::retries().map(Value::Int), span),
            (Builtin::LiveTotalRetries, []) => return Ok(Value::Int(live::total_retries())),
            (Builtin::LiveTotalExhaustions, []) => return Ok(Value::Int(live::total_exhaustions())),
            (Builtin::InjectFault, [number]) => {
                let number = self.eval(number)?.into_int();
                return or_fault(live::inject_fault(number).map(|()| Value::Void), span);
            }
            // All others depend on their operands alone.
            (_, args) => {
                let operands = self.operands(args)?;
                return Ok(primitives::call(builtin, operands));
            }
        }
        Ok(Value::Void)
    }

    fn str_index(&mut self, text: &'p Expr<'p>, index: &'p Expr<'p>, span: Span) -> Eval {
        let text = self.eval(text)?.into_str();
        let index = self.eval(index)?.into_int();
        or_fault(text.index(index).map(Value::Char), span)
    }

    /// `cell.set(value)`, which is an assignment if the cell is in a variable that stays.
    fn set_cell(&mut self, cell: &'p Expr<'p>, value: &'p Expr<'p>) -> Eval {
        if let ExprKind::Local(id) = cell.kind
            && !self.program.funcs[self.func].locals[id.index()].assigned
        {
            return self.assign(Place::Cell(id), value, cell.span);
        }
        let cell = self.eval(cell)?.into_cell();
        cell.set(self.eval(value)?);
        Ok(Value::Void)
    }

    /// The values of `args`, then void.
    fn operands(&mut self, args: &'p [Expr<'p>]) -> Result<[Value; primitives::MAX_OPERANDS], Exit> {
        let mut operands = <[Value; primitives::MAX_OPERANDS]>::default();
        for (operand, arg) in operands.iter_mut().zip(args) {
            *operand = self.eval(arg)?;
        }
        Ok(operands)
    }

    /// Lower and upper bound, and whether the upper one is included.
    fn bounds(&mut self, args: &'p [Expr<'p>]) -> Result<(i64, i64, bool), Exit> {
        let [lo, hi, inclusive] = args else { unreachable!("the checker passed {} bounds", args.len()) };
        Ok((self.eval(lo)?.into_int(), self.eval(hi)?.into_int(), self.eval(inclusive)?.into_bool()))
    }
}

/// `push(array, value)`, or `pop(array)` without a value. In place if `array` is the only owner of its elements.
pub fn push_or_pop(array: Value, value: Option<Value>, span: Span) -> Eval {
    let mut elements = array.into_elements();
    match value {
        Some(value) => elements.make_mut().push(value),
        None if elements.len() == 0 => return fault(span, Str::from_str(POP_FAULT)),
        None => {
            elements.make_mut().pop();
        }
    }
    Ok(Value::Array(elements))
}

fn array_repeat(value: Value, count: i64, span: Span) -> Eval {
    let count = or_fault(repetitions(count), span)?;
    let mut elements = Vec::new();
    if elements.try_reserve_exact(count).is_err() {
        return fault(span, Str::from_str(OUT_OF_MEMORY));
    }
    elements.resize(count, value);
    Ok(Value::Array(Parts::new(elements)))
}

/// The value, or the fault at `span`.
fn or_fault<T>(result: Result<T, resilient_runtime::fault::FaultText>, span: Span) -> Result<T, Exit> {
    result.or_else(|text| fault(span, text.into_str()))
}
