//! A compiled program: code, and the data the code refers to by index.

use std::collections::HashMap;
use std::ptr;

use resilient_abi::{FileName, IMMORTAL, RtFn, Site, StrHeader};
use resilient_base::EntityRef;
use resilient_mir::ir::{Const, FileNameId, Loc, Module};

use crate::operand::RtIdx;

/// Bytecode, ready to run. Compiling twice gives the same code.
pub struct Program {
    /// All instructions: first those that call the top level and end the program, then the functions.
    pub(crate) code: Box<[u32]>,
    /// Functions in the order of their code.
    pub(crate) funcs: Vec<FuncInfo>,
    /// Words of the largest window.
    pub(crate) max_window: usize,
    /// What runtime call instructions call.
    pub(crate) rt_calls: Box<[RtCall]>,
    /// Literals by index.
    pub(crate) strings: Box<[*const StrHeader]>,
    /// Texts of the literals, for listings.
    pub(crate) texts: Vec<Box<str>>,
    /// Globals: name and value at the start.
    pub(crate) globals: Vec<(Box<str>, u64)>,
    /// Where `strings` and the sites of `rt_calls` point to.
    #[expect(dead_code, reason = "keeps what it holds at its address")]
    storage: Storage,
}

/// A function in the code.
pub(crate) struct FuncInfo {
    /// Name for people.
    pub name: Box<str>,
    /// Index of its first word.
    pub start: usize,
    /// Words of its window, the part of a callee's window that it writes to included.
    pub window: usize,
    /// Number of results.
    pub n_results: usize,
}

/// A runtime call: the entry point and where it stands.
pub(crate) struct RtCall {
    /// The entry point.
    pub f: RtFn,
    /// Null if it cannot fault, or has no position.
    pub site: *const Site,
}

/// Runtime calls met while compiling; equal ones share an index.
#[derive(Default)]
pub(crate) struct RtTable {
    list: Vec<(RtFn, Option<Loc>)>,
    indices: HashMap<(RtFn, Option<Loc>), RtIdx>,
}

impl RtTable {
    /// The index of a call. Where it stands matters only if it may fault.
    pub fn index(&mut self, f: RtFn, loc: Option<Loc>) -> RtIdx {
        let key = (f, loc.filter(|_| f.sig().faults));
        *self.indices.entry(key).or_insert_with(|| {
            self.list.push(key);
            RtIdx(self.list.len() as u32 - 1)
        })
    }
}

/// Data that pointers lead to; it stays where it is as long as the program lives.
#[derive(Default)]
struct Storage {
    /// String objects and file names, in words for the sake of alignment.
    objects: Vec<Pinned<usize>>,
    sites: Vec<Pinned<Site>>,
}

/// Owns what pointers lead to. A `Box` must not: moving it declares that nothing else points there.
struct Pinned<T>(*mut [T]);

impl<T> Pinned<T> {
    fn new(data: Box<[T]>) -> Pinned<T> {
        Pinned(Box::into_raw(data))
    }

    fn as_ptr(&self) -> *const T {
        self.0.cast()
    }
}

impl<T> Drop for Pinned<T> {
    fn drop(&mut self) {
        // SAFETY: it was a box, and is given up once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

impl Program {
    /// Puts a program together.
    pub(crate) fn new(module: &Module, code: Vec<u32>, funcs: Vec<FuncInfo>, rt: RtTable) -> Program {
        let mut storage = Storage::default();
        let strings: Box<[*const StrHeader]> = module.strings.values().map(|text| storage.literal(text)).collect();
        let files: Vec<*const FileName> = module.files.values().map(|name| storage.file_name(name)).collect();
        let rt_calls = storage.rt_calls(rt, |file| files[file.index()]);
        let globals = module.globals.values().map(|g| (g.name.clone(), const_word(g.init, &strings))).collect();
        Program {
            code: code.into(),
            max_window: funcs.iter().map(|func| func.window).max().unwrap_or(0),
            funcs,
            rt_calls,
            strings,
            texts: module.strings.values().cloned().collect(),
            globals,
            storage,
        }
    }
}

/// A constant as it stands in a register.
fn const_word(value: Const, strings: &[*const StrHeader]) -> u64 {
    match value {
        Const::Int(value) => value as u64,
        Const::Float(bits) => bits,
        Const::Bool(value) => value as u64,
        Const::Str(id) => strings[id.index()] as u64,
    }
}

impl Storage {
    /// The words followed by the text, padded with zeros.
    fn object(&mut self, header: &[usize], text: &str) -> *const usize {
        const WORD: usize = size_of::<usize>();
        let body = text.as_bytes().chunks(WORD).map(|chunk| {
            let mut word = [0; WORD];
            word[..chunk.len()].copy_from_slice(chunk);
            usize::from_ne_bytes(word)
        });
        let object = Pinned::new(header.iter().copied().chain(body).collect());
        let address = object.as_ptr();
        self.objects.push(object);
        address
    }

    fn literal(&mut self, text: &str) -> *const StrHeader {
        self.object(&[IMMORTAL, text.len(), text.len(), text.chars().count()], text).cast()
    }

    fn file_name(&mut self, name: &str) -> *const FileName {
        self.object(&[name.len()], name).cast()
    }

    fn rt_calls(&mut self, rt: RtTable, file: impl Fn(FileNameId) -> *const FileName) -> Box<[RtCall]> {
        let mut site = |loc: Loc| {
            let site = Pinned::new(Box::new([Site { file: file(loc.file), line: loc.line, col: loc.col }]));
            let address = site.as_ptr();
            self.sites.push(site);
            address
        };
        rt.list.iter().map(|&(f, loc)| RtCall { f, site: loc.map_or(ptr::null(), &mut site) }).collect()
    }
}

const _: () = {
    // `Storage::literal` writes the fields of the header as words in this order.
    assert!(size_of::<StrHeader>() == 4 * size_of::<usize>());
    assert!(std::mem::offset_of!(StrHeader, rc) == 0);
    assert!(std::mem::offset_of!(StrHeader, len) == size_of::<usize>());
    assert!(std::mem::offset_of!(StrHeader, cap) == 2 * size_of::<usize>());
    assert!(std::mem::offset_of!(StrHeader, chars) == 3 * size_of::<usize>());
    assert!(std::mem::offset_of!(FileName, bytes) == size_of::<usize>());
    // Registers have 64 bits, pointers must fit.
    assert!(size_of::<usize>() <= size_of::<u64>());
};
