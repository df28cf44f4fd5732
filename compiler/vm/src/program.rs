//! A compiled program: code, and the data the code refers to by index.

use std::collections::HashMap;
use std::ptr;

use resilient_abi::{BoxHeader, FileName, IMMORTAL, LayoutDesc, ObjectHeader, ObjectKind, RtFn, Site, StrHeader};
use resilient_base::EntityRef;
use resilient_mir::ir::{Const, FileNameId, FuncId, Layout, LayoutId, Loc, Module};

use crate::operand::{FnIdx, RtIdx, SiteIdx};

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
    /// Layouts by index.
    pub(crate) layouts: Box<[*const LayoutDesc]>,
    /// Sites that are passed to functions, by index.
    pub(crate) sites: Box<[*const Site]>,
    /// Where the running program keeps the site of runtime calls that stand at the caller.
    pub(crate) caller_site: *mut Site,
    /// Function values without captured variables, by index.
    pub(crate) fn_values: Box<[*const ObjectHeader]>,
    /// Names of their functions, for listings.
    pub(crate) fn_names: Vec<Box<str>>,
    /// Globals.
    pub(crate) globals: Vec<GlobalInfo>,
    /// What the pointers in these tables lead to.
    #[expect(dead_code, reason = "keeps what it holds at its address")]
    storage: Storage,
}

/// A global variable.
pub(crate) struct GlobalInfo {
    /// Name for people.
    pub name: Box<str>,
    /// Value at the start.
    pub init: u64,
    /// Whether it holds a counted reference or null.
    pub is_counted: bool,
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

/// What the code refers to, met while compiling: runtime calls, sites, function values. Equal ones share an index.
#[derive(Default)]
pub(crate) struct RtTable {
    list: Vec<(RtFn, Option<Loc>)>,
    indices: HashMap<(RtFn, Option<Loc>), RtIdx>,
    sites: Vec<Loc>,
    site_indices: HashMap<Loc, SiteIdx>,
    fn_values: Vec<(FuncId, LayoutId)>,
    fn_indices: HashMap<(FuncId, LayoutId), FnIdx>,
}

impl RtTable {
    /// The index of a place that is passed to a function.
    pub fn site(&mut self, loc: Loc) -> SiteIdx {
        *self.site_indices.entry(loc).or_insert_with(|| {
            self.sites.push(loc);
            SiteIdx(self.sites.len() as u32 - 1)
        })
    }

    /// The index of the function value that has nothing but the address of a function.
    pub fn fn_value(&mut self, func: FuncId, layout: LayoutId) -> FnIdx {
        *self.fn_indices.entry((func, layout)).or_insert_with(|| {
            self.fn_values.push((func, layout));
            FnIdx(self.fn_values.len() as u32 - 1)
        })
    }

    /// The index of a call. Where it stands matters only if it takes a site.
    pub fn index(&mut self, f: RtFn, loc: Option<Loc>) -> RtIdx {
        let key = (f, loc.filter(|_| f.sig().sited));
        *self.indices.entry(key).or_insert_with(|| {
            self.list.push(key);
            RtIdx(self.list.len() as u32 - 1)
        })
    }
}

/// Data that pointers lead to; it stays where it is as long as the program lives.
#[derive(Default)]
struct Storage {
    /// String objects, function values and file names, in words for the sake of alignment.
    objects: Vec<Pinned<usize>>,
    layouts: Vec<Pinned<u32>>,
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
    pub(crate) fn new(
        module: &Module,
        code: Vec<u32>,
        funcs: Vec<FuncInfo>,
        rt: RtTable,
        entry: impl Fn(FuncId) -> u32,
    ) -> Program {
        let mut storage = Storage::default();
        let strings: Box<[*const StrHeader]> = module.strings.values().map(|text| storage.literal(text)).collect();
        let files: Vec<*const FileName> = module.files.values().map(|name| storage.file_name(name)).collect();
        let file = |file: FileNameId| files[file.index()];
        let caller_site = storage.site(Site { file: ptr::null(), line: 0, col: 0 });
        let rt_calls = storage.rt_calls(&rt, caller_site, file);
        let sites = rt.sites.iter().map(|&loc| storage.site_at(loc, caller_site, file)).collect();
        let layouts: Box<[*const LayoutDesc]> = module.layouts.values().map(|layout| storage.layout(layout)).collect();
        let fn_values = (rt.fn_values.iter())
            .map(|&(func, layout)| storage.fn_value(layouts[layout.index()], entry(func)))
            .collect();
        let fn_names = rt.fn_values.iter().map(|&(func, _)| module.funcs[func].name.clone()).collect();
        let globals = (module.globals.values())
            .map(|global| GlobalInfo {
                name: global.name.clone(),
                init: const_word(global.init, &strings),
                is_counted: global.ty.is_counted(),
            })
            .collect();
        Program {
            code: code.into(),
            max_window: funcs.iter().map(|func| func.window).max().unwrap_or(0),
            funcs,
            rt_calls,
            strings,
            texts: module.strings.values().cloned().collect(),
            layouts,
            sites,
            caller_site: caller_site.cast_mut(),
            fn_values,
            fn_names,
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
        Const::F32(bits) => bits.into(),
        Const::Bool(value) => value as u64,
        Const::Str(id) => strings[id.index()] as u64,
        Const::Null => 0,
    }
}

impl Storage {
    /// The header followed by the text, padded with zeros.
    fn object(&mut self, header: &[u8], text: &str) -> *const usize {
        const WORD: usize = size_of::<usize>();
        let bytes = [header, text.as_bytes()].concat();
        let words = bytes.chunks(WORD).map(|chunk| {
            let mut word = [0; WORD];
            word[..chunk.len()].copy_from_slice(chunk);
            usize::from_ne_bytes(word)
        });
        let object = Pinned::new(words.collect());
        let address = object.as_ptr();
        self.objects.push(object);
        address
    }

    fn literal(&mut self, text: &str) -> *const StrHeader {
        let mut header = [IMMORTAL, ObjectKind::Str as u32].map(u32::to_ne_bytes).concat();
        header.extend([text.len(), text.len(), text.chars().count()].map(usize::to_ne_bytes).concat());
        self.object(&header, text).cast()
    }

    fn file_name(&mut self, name: &str) -> *const FileName {
        self.object(&name.len().to_ne_bytes(), name).cast()
    }

    fn layout(&mut self, layout: &Layout) -> *const LayoutDesc {
        let placement = layout.place(POINTER_SIZE);
        let counted: Vec<u32> = (layout.leaves.iter().zip(&placement.offsets))
            .filter(|(leaf, _)| leaf.ty().is_counted())
            .map(|(_, &offset)| offset)
            .collect();
        let mut words = vec![placement.size, placement.align, counted.len() as u32];
        words.extend(counted);
        let desc = Pinned::new(words.into());
        let address = desc.as_ptr();
        self.layouts.push(desc);
        address.cast()
    }

    fn site(&mut self, site: Site) -> *const Site {
        let site = Pinned::new(Box::new([site]));
        let address = site.as_ptr();
        self.sites.push(site);
        address
    }

    fn site_at(&mut self, loc: Loc, caller: *const Site, file: impl Fn(FileNameId) -> *const FileName) -> *const Site {
        match loc {
            Loc::At { file: name, line, col } => self.site(Site { file: file(name), line, col }),
            Loc::Caller => caller,
        }
    }

    fn rt_calls(
        &mut self,
        rt: &RtTable,
        caller: *const Site,
        file: impl Fn(FileNameId) -> *const FileName + Copy,
    ) -> Box<[RtCall]> {
        let mut site = |loc: Option<Loc>| loc.map_or(ptr::null(), |loc| self.site_at(loc, caller, file));
        rt.list.iter().map(|&(f, loc)| RtCall { f, site: site(loc) }).collect()
    }

    /// A box that is never counted nor freed, of a layout that is one code pointer.
    fn fn_value(&mut self, layout: *const LayoutDesc, entry: u32) -> *const ObjectHeader {
        let header = [IMMORTAL, ObjectKind::Box as u32].map(u32::to_ne_bytes).concat();
        let header = usize::from_ne_bytes(header.try_into().expect("eight bytes"));
        let object = Pinned::new(Box::new([header, layout.expose_provenance(), entry as usize]));
        let address = object.as_ptr();
        self.objects.push(object);
        address.cast()
    }
}

/// Size of the pointers of this process, in which programs run.
pub(crate) const POINTER_SIZE: u32 = size_of::<usize>() as u32;

const _: () = {
    // `Storage::literal` writes the fields of the header in this order.
    assert!(std::mem::offset_of!(StrHeader, object) == 0);
    assert!(std::mem::offset_of!(StrHeader, len) == 8);
    assert!(std::mem::offset_of!(StrHeader, cap) == 8 + size_of::<usize>());
    assert!(std::mem::offset_of!(StrHeader, chars) == 8 + 2 * size_of::<usize>());
    assert!(size_of::<StrHeader>() == 8 + 3 * size_of::<usize>());
    assert!(std::mem::offset_of!(FileName, bytes) == size_of::<usize>());
    // `Storage::fn_value` does so for boxes.
    assert!(std::mem::offset_of!(BoxHeader, layout) == 8 && size_of::<BoxHeader>() == 16);
    // `Storage::layout` does so for layouts.
    assert!(std::mem::offset_of!(LayoutDesc, counted) == 3 * size_of::<u32>());
    // Registers have 64 bits; instructions that read and write references take all of them.
    assert!(size_of::<usize>() == size_of::<u64>());
};
