//! Values at run time.

use resilient_runtime::number::{FloatText, IntText};
use resilient_runtime::string::Str;
use resilient_sema::typed::FuncId;
use resilient_sema::types::IntTy;

use crate::cell::CellRef;
use crate::parts::Parts;

/// A value of any type. The checker knows which kind it is, so taking it out never fails in a correct compiler.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// The value of type void, and what a slot holds before its variable is made.
    #[default]
    Void,
    /// An integer of any type, as [`IntTy::wrap`] gives it: of `u64` the upper half is negative here.
    Int(i64),
    /// `float`; `f32` as the float it equals.
    Float(f64),
    /// `bool`
    Bool(bool),
    /// `char`
    Char(char),
    /// `string`; a copy shares the text.
    Str(Str),
    /// Struct, tuple or range: its fields.
    Struct(Parts),
    /// A variant of an enum by number, and its payload.
    Variant(u32, Parts),
    /// An array: its elements.
    Array(Parts),
    /// A function value and the values it captured.
    Function(FuncId, Parts),
    /// A cell; a copy is the same cell.
    Cell(CellRef),
}

impl Value {
    /// The integer.
    pub fn into_int(self) -> i64 {
        match self {
            Value::Int(value) => value,
            other => wrong_kind("an int", &other),
        }
    }

    /// The float.
    pub fn into_float(self) -> f64 {
        match self {
            Value::Float(value) => value,
            other => wrong_kind("a float", &other),
        }
    }

    /// The bool.
    pub fn into_bool(self) -> bool {
        match self {
            Value::Bool(value) => value,
            other => wrong_kind("a bool", &other),
        }
    }

    /// The char.
    pub fn into_char(self) -> char {
        match self {
            Value::Char(value) => value,
            other => wrong_kind("a char", &other),
        }
    }

    /// The string.
    pub fn into_str(self) -> Str {
        match self {
            Value::Str(value) => value,
            other => wrong_kind("a string", &other),
        }
    }

    /// The fields of a struct.
    pub fn into_fields(self) -> Parts {
        match self {
            Value::Struct(fields) => fields,
            other => wrong_kind("a struct", &other),
        }
    }

    /// Number and payload of a variant.
    pub fn into_variant(self) -> (u32, Parts) {
        match self {
            Value::Variant(variant, payload) => (variant, payload),
            other => wrong_kind("a variant", &other),
        }
    }

    /// The elements of an array.
    pub fn into_elements(self) -> Parts {
        match self {
            Value::Array(elements) => elements,
            other => wrong_kind("an array", &other),
        }
    }

    /// The function and the captured values of a function value.
    pub fn into_function(self) -> (FuncId, Parts) {
        match self {
            Value::Function(id, captured) => (id, captured),
            other => wrong_kind("a function", &other),
        }
    }

    /// The cell.
    pub fn into_cell(self) -> CellRef {
        match self {
            Value::Cell(cell) => cell,
            other => wrong_kind("a cell", &other),
        }
    }

    /// The values inside, if there may be any.
    pub fn parts(&self) -> Option<&Parts> {
        match self {
            Value::Struct(parts) | Value::Variant(_, parts) | Value::Array(parts) | Value::Function(_, parts) => {
                Some(parts)
            }
            Value::Void
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Char(_)
            | Value::Str(_)
            | Value::Cell(_) => None,
        }
    }

    /// The values inside, to be changed.
    pub fn parts_mut(&mut self) -> Option<&mut Parts> {
        match self {
            Value::Struct(parts) | Value::Variant(_, parts) | Value::Array(parts) | Value::Function(_, parts) => {
                Some(parts)
            }
            Value::Void
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Char(_)
            | Value::Str(_)
            | Value::Cell(_) => None,
        }
    }

    /// The values inside that go when this one goes.
    pub fn owned(&mut self) -> &mut [Value] {
        match self {
            Value::Cell(cell) => cell.owned().map_or(&mut [], std::slice::from_mut),
            other => other.parts_mut().map_or(&mut [], Parts::owned),
        }
    }

    /// Whether both are made of the same storage, so that changing one would copy it. Values without storage never are.
    pub fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Str(a), Value::Str(b)) => std::ptr::eq(a.as_raw(), b.as_raw()),
            _ => matches!((self.parts(), other.parts()), (Some(a), Some(b)) if a.is_same(b)),
        }
    }

    /// The display form of a scalar or a function value; an integer is of type `int`.
    pub fn display(self, int: IntTy) -> Str {
        match self {
            Value::Void => Str::from_str("void"),
            Value::Int(value) if int.signed => Str::from_str(IntText::new(value).as_str()),
            Value::Int(value) => Str::from_str(IntText::unsigned(value as u64).as_str()),
            Value::Float(value) => Str::from_str(FloatText::new(value).as_str()),
            Value::Bool(value) => Str::from_bool(value),
            Value::Char(value) => Str::from_char(value),
            Value::Str(value) => value,
            Value::Function(..) => Str::from_str("<function>"),
            other @ (Value::Struct(_) | Value::Variant(..) | Value::Array(_) | Value::Cell(_)) => {
                wrong_kind("a value with a display form of its own", &other)
            }
        }
    }

    /// The display form as inside another value: strings stand in quotes, their text unchanged.
    pub fn display_quoted(self, int: IntTy) -> Str {
        match self {
            Value::Str(value) => concat(&[Str::from_str("\""), value, Str::from_str("\"")]),
            other => other.display(int),
        }
    }
}

/// The texts one after another.
pub fn concat(parts: &[Str]) -> Str {
    parts.iter().fold(Str::empty(), |text, part| text.concat(part))
}

#[cold]
pub fn wrong_kind(expected: &str, found: &Value) -> ! {
    unreachable!("the checker promised {expected}, found {found:?}")
}
