//! Tests of the image linker as a whole, on object files made here. Images that run are in `tests/firmware.rs`.

use object::write::{Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, ObjectSymbol, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};

use super::*;
use crate::target::{Console, End, Region};

const ABS32: u32 = object::elf::R_ARM_ABS32;

fn board() -> Board {
    Board {
        flash: Region { origin: 0x0800_0000, size: 0x1000 },
        ram: Region { origin: 0x2000_0000, size: 0x1000 },
        stack: 0x400,
        heap: None,
        vectors: 24,
        interrupts: [("UART".to_string(), 3)].into(),
        console: Console::Semihosting,
        exit: End::Halt,
        fault: End::Halt,
        registers: vec![(0x4000_0000, 7)],
        stack_guard: false,
        fpu: false,
    }
}

/// An object file with a section for each function and variable.
struct Maker(Object<'static>);

impl Maker {
    fn new() -> Maker {
        Maker(Object::new(BinaryFormat::Elf, Architecture::Arm, Endianness::Little))
    }

    /// A symbol in a section of its own; `uses` are places that need the address of a symbol.
    fn define(&mut self, name: &str, kind: SectionKind, data: &[u8], uses: &[(u64, u32, SymbolId)]) -> SymbolId {
        let section = self.0.add_section(Vec::new(), format!(".s.{name}").into_bytes(), kind);
        match kind {
            SectionKind::UninitializedData => self.0.append_section_bss(section, data.len() as u64, 4),
            _ => self.0.append_section_data(section, data, 4),
        };
        for &(offset, r_type, symbol) in uses {
            let relocation = Relocation { offset, symbol, addend: 0, flags: RelocationFlags::Elf { r_type } };
            self.0.add_relocation(section, relocation).expect("it has a place");
        }
        let is_code = kind == SectionKind::Text;
        self.symbol(
            name,
            is_code.into(),
            if is_code { SymbolKind::Text } else { SymbolKind::Data },
            false,
            SymbolSection::Section(section),
        )
    }

    fn symbol(&mut self, name: &str, value: u64, kind: SymbolKind, weak: bool, section: SymbolSection) -> SymbolId {
        let (name, scope, flags) = (name.as_bytes().to_vec(), SymbolScope::Linkage, SymbolFlags::None);
        self.0.add_symbol(Symbol { name, value, size: 0, kind, scope, weak, section, flags })
    }

    fn function(&mut self, name: &str) -> SymbolId {
        self.define(name, SectionKind::Text, &[0xfe, 0xe7], &[])
    }

    fn undefined(&mut self, name: &str, weak: bool) -> SymbolId {
        self.symbol(name, 0, SymbolKind::Unknown, weak, SymbolSection::Undefined)
    }

    fn write(self) -> Vec<u8> {
        self.0.write().expect("the object is complete")
    }
}

/// A start-up that does no more than refer to things, a member that is taken, and one that is not.
fn runtime() -> Vec<u8> {
    let mut start = Maker::new();
    start.function("resilient_trap");
    let program = start.undefined("resilient_program", false);
    let load = start.undefined("__data_load", false);
    start.define("resilient_reset", SectionKind::Text, &[0; 8], &[(0, ABS32, program), (4, ABS32, load)]);
    let next = start.undefined("__resilient_after_registers", false);
    start.define("resilient_reset_registers", SectionKind::Text, &[0; 4], &[(0, ABS32, next)]);
    start.function("unused");
    let (mut used, mut other) = (Maker::new(), Maker::new());
    used.function("helper");
    other.function("other");
    crate::archive::write_archive(&[&start.write(), &used.write(), &other.write()])
}

fn program() -> Maker {
    let mut program = Maker::new();
    let value = program.define("value", SectionKind::Data, &[1, 2, 3], &[]);
    let zero = program.define("zero", SectionKind::UninitializedData, &[0; 40], &[]);
    let helper = program.undefined("helper", false);
    let absent = program.undefined("absent", true);
    let uses = [(0, value), (4, zero), (8, helper), (12, absent)].map(|(at, symbol)| (at, ABS32, symbol));
    program.define("resilient_program", SectionKind::Text, &[0; 16], &uses);
    program.define("not_used", SectionKind::Text, &[9; 64], &[]);
    program
}

fn with_functions(names: &[&str]) -> Maker {
    let mut program = program();
    for name in names {
        program.function(name);
    }
    program
}

fn word(image: &Image, address: u32) -> u32 {
    let at = (address - 0x0800_0000) as usize;
    u32::from_le_bytes(image.bin()[at..at + 4].try_into().expect("four bytes"))
}

fn link(program: Maker, board: &Board) -> Result<Image, ImageError> {
    Image::link(&program.write(), &runtime(), board)
}

#[test]
fn sections_are_placed_and_connected() {
    let image = link(program(), &board()).unwrap();
    assert_eq!(word(&image, 0x0800_0000), 0x2000_0400, "the stack is below the data");
    // Vectors, the table of registers, then code.
    assert_eq!((word(&image, 0x0800_0040), word(&image, 0x0800_0044)), (0x4000_0000, 7));
    let elf = image.elf();
    let file = object::File::parse(&*elf).unwrap();
    let address = |name: &str| {
        object::Object::symbols(&file).find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address() as u32)
    };
    let code = |name: &str| address(name).expect("it is in the image") & !1;
    assert_eq!(Some(word(&image, 0x0800_0004)), address("resilient_reset_registers"));
    assert_eq!(Some(word(&image, code("resilient_reset_registers"))), address("resilient_reset"));
    assert_eq!(Some(word(&image, code("resilient_reset"))), address("resilient_program"));
    let program = code("resilient_program");
    assert_eq!((word(&image, program), word(&image, program + 4)), (0x2000_0400, 0x2000_0404));
    assert_eq!(Some(word(&image, program + 8)), address("helper"));
    assert_eq!(word(&image, program + 12), 0, "nothing defines it, which is all right for a weak name");
    for name in ["not_used", "unused", "other"] {
        assert_eq!(address(name), None, "{name}");
    }
    let load = word(&image, code("resilient_reset") + 4);
    assert_eq!(image.bin()[(load - 0x0800_0000) as usize..], [1, 2, 3, 0]);
    assert_eq!(address("__heap_start"), Some(0x2000_0430));
    let sizes = image.sizes();
    assert_eq!((sizes.data, sizes.bss, sizes.heap), (4, 40, 0x2000_1000 - 0x2000_0430));
}

#[test]
fn handlers_stand_in_the_vector_table() {
    let image = link(with_functions(&["__resilient_isr_SysTick"]), &board()).unwrap();
    assert_ne!(word(&image, 0x0800_003c), word(&image, 0x0800_0038));
    let image = link(with_functions(&["__resilient_isr_UART"]), &board()).unwrap();
    assert_ne!(word(&image, 0x0800_004c), word(&image, 0x0800_0048), "the table goes on to interrupts of devices");
    let beyond = link(with_functions(&["__resilient_isr_IRQ8"]), &board());
    assert!(matches!(beyond, Err(ImageError::NoInterrupt(name)) if name == "IRQ8"));
    let twice = link(with_functions(&["__resilient_isr_UART", "__resilient_isr_IRQ3"]), &board());
    assert!(matches!(twice, Err(ImageError::Duplicate(_))));
}

#[test]
fn what_is_wrong_is_named() {
    let error = |program: Maker, board: &Board| link(program, board).unwrap_err().to_string();
    assert_eq!(error(Maker::new(), &board()), "`resilient_program`, which `runtime` uses, does not exist");
    assert_eq!(error(with_functions(&["resilient_trap"]), &board()), "`resilient_trap` is defined twice");
    let small = Board { ram: Region { origin: 0x2000_0000, size: 0x420 }, ..board() };
    assert!(error(program(), &small).starts_with("the image does not fit: 16 bytes of RAM are missing\n"));
    let small = Board { heap: Some(0x1000), ..board() };
    assert!(error(program(), &small).starts_with("the image does not fit: 1072 bytes of RAM are missing\n"));
    let mut unknown = program();
    let reset = unknown.undefined("resilient_reset", false);
    unknown.define("__resilient_isr_NMI", SectionKind::Text, &[0; 4], &[(0, 9, reset)]);
    assert!(
        error(unknown, &board()).ends_with("cannot refer to `resilient_reset`: relocations of type 9 are not known")
    );
}

/// Every byte of an object file may be wrong: that gives an error or an image, never a panic.
#[test]
fn malformed_objects_are_errors() {
    let (good, runtime) = (program().write(), runtime());
    for len in 0..good.len() {
        assert!(Image::link(&good[..len], &runtime, &board()).is_err(), "{len}");
    }
    for at in 0..good.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= change;
            // Some changes do not matter.
            if let Ok(image) = Image::link(&bad, &runtime, &board()) {
                assert!(!image.elf().is_empty() && !image.hex().is_empty() && !image.sizes().to_string().is_empty());
            }
        }
    }
    for at in (0..runtime.len()).step_by(7) {
        let mut bad = runtime.clone();
        bad[at] ^= 0xff;
        if let Err(error) = Image::link(&good, &bad, &board()) {
            assert!(!error.to_string().is_empty());
        }
    }
}
