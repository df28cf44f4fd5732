//! Which objects take part, and what each name means.
//!
//! The program object does; a member of the archive does if it defines something that is needed. A definition that is not
//! weak takes precedence over weak ones, two of them are an error. Names that the linker provides come before all others.

use std::collections::BTreeMap;

use object::read::archive::ArchiveFile;

use super::ImageError;
use super::contract::{Late, Provided};
use super::input::{Binding, Definition, Input};

/// A section of an object: which object, which section.
pub(super) type SectionId = (usize, usize);

/// What a name or a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A place in a section.
    Section {
        section: SectionId,
        offset: u32,
        /// Whether it is a function in Thumb code, whose address is odd.
        thumb: bool,
    },
    /// A number.
    Absolute(u32),
    /// What is known when all addresses are.
    Late(Late),
    /// A weak reference to something that does not exist.
    Missing,
}

/// All objects that take part, with the meaning of the names they share.
pub(super) struct Program<'a> {
    pub inputs: Vec<Input<'a>>,
    provided: BTreeMap<String, Provided>,
    /// Object and symbol that define a name.
    globals: BTreeMap<&'a str, (usize, usize)>,
}

impl<'a> Program<'a> {
    /// The program `object` with what it needs of `archive`; `roots` are names that are needed anyway.
    pub fn load(
        object: &'a [u8],
        archive: &'a [u8],
        provided: BTreeMap<String, Provided>,
        roots: &[&str],
    ) -> Result<Program<'a>, ImageError> {
        let mut program = Program { inputs: Vec::new(), provided, globals: BTreeMap::new() };
        let mut members: Vec<Option<Input<'a>>> = read_archive(archive)?.into_iter().map(Some).collect();
        let mut definers: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, member) in members.iter().enumerate() {
            for symbol in &member.as_ref().expect("all are there yet").symbols {
                if symbol.binding != Binding::Local && symbol.definition != Definition::Undefined {
                    definers.entry(symbol.name).or_insert(number);
                }
            }
        }
        let mut wanted: Vec<String> = roots.iter().map(|&root| root.to_string()).collect();
        program.add(Input::parse("program", object)?, &mut wanted)?;
        while let Some(name) = wanted.pop() {
            let Some(name) = program.real_name(&name) else { continue };
            if program.globals.contains_key(name.as_str()) {
                continue;
            }
            let member = definers.get(name.as_str()).and_then(|&number| members.get_mut(number)?.take());
            if let Some(member) = member {
                program.add(member, &mut wanted)?;
            }
        }
        Ok(program)
    }

    fn add(&mut self, input: Input<'a>, wanted: &mut Vec<String>) -> Result<(), ImageError> {
        let number = self.inputs.len();
        for (index, symbol) in input.symbols.iter().enumerate() {
            match (symbol.binding, symbol.definition) {
                (Binding::Local, _) | (Binding::Weak, Definition::Undefined) => {}
                (_, Definition::Undefined) => wanted.push(symbol.name.to_string()),
                (binding, _) => {
                    let old = self.globals.get(symbol.name).copied();
                    let old_is_strong = old.is_some_and(|(input, symbol)| {
                        self.inputs.get(input).is_some_and(|input| input.symbols[symbol].binding == Binding::Global)
                    });
                    if binding == Binding::Global && old_is_strong {
                        return Err(ImageError::Duplicate(symbol.name.to_string()));
                    }
                    if old.is_none() || binding == Binding::Global {
                        self.globals.insert(symbol.name, (number, index));
                    }
                }
            }
        }
        self.inputs.push(input);
        Ok(())
    }

    /// The name behind all names that the linker binds to others; none if it gives a number to it.
    fn real_name(&self, name: &str) -> Option<String> {
        match self.provided.get(name) {
            None => Some(name.to_string()),
            // Bound names are never bound to one another.
            Some(Provided::Name(other)) => Some(other.clone()),
            Some(Provided::Absolute(_) | Provided::Late(_)) => None,
        }
    }

    /// What a name means; none if nothing defines it.
    pub fn find(&self, name: &str) -> Option<Place> {
        let name = match self.provided.get(name) {
            None => name,
            Some(Provided::Name(other)) => other.as_str(),
            Some(&Provided::Absolute(value)) => return Some(Place::Absolute(value)),
            Some(&Provided::Late(late)) => return Some(Place::Late(late)),
        };
        let &(input, symbol) = self.globals.get(name)?;
        self.definition(input, symbol)
    }

    /// The names that the objects define and others may refer to, in order.
    pub fn global_names(&self) -> impl Iterator<Item = &'a str> {
        self.globals.keys().copied()
    }

    fn definition(&self, input: usize, symbol: usize) -> Option<Place> {
        let symbol = self.inputs.get(input)?.symbols.get(symbol)?;
        match symbol.definition {
            Definition::Undefined => None,
            Definition::Absolute(value) => Some(Place::Absolute(value)),
            Definition::Section { section, offset } => {
                Some(Place::Section { section: (input, section), offset, thumb: symbol.thumb })
            }
        }
    }

    /// What a symbol of an object stands for.
    pub fn place(&self, input: usize, symbol: usize) -> Result<Place, ImageError> {
        let object = &self.inputs[input];
        let this = &object.symbols[symbol];
        let place = match this.binding {
            Binding::Local => self.definition(input, symbol),
            Binding::Global | Binding::Weak => self.find(this.name),
        };
        match place {
            Some(place) => Ok(place),
            None if this.binding == Binding::Weak => Ok(Place::Missing),
            None => Err(ImageError::Undefined { symbol: this.name.to_string(), object: object.name.clone() }),
        }
    }
}

fn read_archive(archive: &[u8]) -> Result<Vec<Input<'_>>, ImageError> {
    let malformed =
        |error: object::read::Error| ImageError::Malformed { object: "runtime".to_string(), reason: error.to_string() };
    let mut inputs = Vec::new();
    for (number, member) in ArchiveFile::parse(archive).map_err(malformed)?.members().enumerate() {
        let content = member.map_err(malformed)?.data(archive).map_err(malformed)?;
        // The first is the runtime itself, see `archive.rs`; the others are support of the Rust compiler.
        let name = if number == 0 { "runtime".to_string() } else { format!("support {number}") };
        inputs.push(Input::parse(&name, content)?);
    }
    Ok(inputs)
}
