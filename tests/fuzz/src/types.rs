//! Types of generated programs and the declarations of the nominal ones.

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// `int`
    Int,
    /// `u8`
    U8,
    /// `i32`
    I32,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `string`
    Str,
    /// `array<T>`
    Array(Box<Ty>),
    /// `(A, B)`
    Tuple(Vec<Ty>),
    /// `Option<T>`
    Option(Box<Ty>),
    /// `Result<T, string>`
    Result(Box<Ty>),
    /// `Wrap<T>`, declared in every program as `struct Wrap<T> { T item, array<T> more, }`
    Wrap(Box<Ty>),
    /// `S0`, `S1`, ...
    Struct(usize),
    /// `E0`, `E1`, ...
    Enum(usize),
}

/// A variant of an enum.
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Types of its payload.
    pub payload: Vec<Ty>,
    /// Whether the payload has names: `p0`, `p1`, ...
    pub is_named: bool,
}

/// The nominal types of a program.
#[derive(Default)]
pub struct Types {
    /// Types of the fields `f0`, `f1`, ... of each struct.
    pub structs: Vec<Vec<Ty>>,
    /// Variants of each enum. The payload of the first has no enum in it.
    pub enums: Vec<Vec<Variant>>,
}

impl Ty {
    /// The type as written in a program.
    pub fn text(&self) -> String {
        match self {
            Ty::Int => "int".into(),
            Ty::U8 => "u8".into(),
            Ty::I32 => "i32".into(),
            Ty::Float => "float".into(),
            Ty::Bool => "bool".into(),
            Ty::Char => "char".into(),
            Ty::Str => "string".into(),
            Ty::Array(item) => format!("array<{}>", item.text()),
            Ty::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Ty::text).collect();
                format!("({})", items.join(", "))
            }
            Ty::Option(item) => format!("Option<{}>", item.text()),
            Ty::Result(item) => format!("Result<{}, string>", item.text()),
            Ty::Wrap(item) => format!("Wrap<{}>", item.text()),
            Ty::Struct(n) => format!("S{n}"),
            Ty::Enum(n) => format!("E{n}"),
        }
    }

    /// Whether values can get longer and longer.
    pub fn grows(&self) -> bool {
        !matches!(self, Ty::Int | Ty::U8 | Ty::I32 | Ty::Float | Ty::Bool | Ty::Char)
    }

    /// The parts a place of this type has: what is written behind it, and the type. `[]` stands for an index.
    pub fn parts(&self, types: &Types) -> Vec<(String, Ty)> {
        match self {
            Ty::Array(item) => vec![("[]".into(), (**item).clone())],
            Ty::Tuple(items) => items.iter().enumerate().map(|(n, ty)| (format!(".{n}"), ty.clone())).collect(),
            Ty::Wrap(item) => {
                vec![(".item".into(), (**item).clone()), (".more".into(), Ty::Array(item.clone()))]
            }
            Ty::Struct(n) => {
                types.structs[*n].iter().enumerate().map(|(n, ty)| (format!(".f{n}"), ty.clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}
