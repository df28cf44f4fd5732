//! The files of a program: the one that was asked for and those that it imports, directly or through others.
//!
//! Loading parses each file once, however often it is imported. It looks at the `use`s that conditional compilation leaves
//! and at nothing else. Files are found by an [`ImportReader`]; this crate meets no file system.
//!
//! The name of an imported file is the path in `use` joined to the folder of the importing file's name, so messages name
//! files as they are reached from the path that was given.

use std::path::{Path, PathBuf};

use bumpalo::Bump;
use resilient_base::{
    Diagnostic, Diagnostics, FileId, Interner, PrimaryMap, SourceMap, Span, diag::codes, entity_impl,
};
use resilient_syntax::ast::{self, Item, StmtKind, UseDecl, UseSource};
use rustc_hash::FxHashMap;

use crate::cfg::Options;

/// A file of the program. The first is the one that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(u32);
entity_impl!(UnitId, "unit");

/// A parsed file.
pub struct Unit<'a> {
    /// Its text.
    pub file: FileId,
    /// Its tree.
    pub tree: ast::File<'a>,
    /// The files that its `use`s name, by the place of the name. Those that could not be loaded are missing.
    pub imports: FxHashMap<Span, UnitId>,
}

/// All files of a program.
pub struct Units<'a> {
    list: PrimaryMap<UnitId, Unit<'a>>,
}

/// How imported files are found and read. Errors are one line in the system's words.
pub trait ImportReader {
    /// What tells the file at `path` from all others, whichever way it is reached.
    fn identity(&self, path: &Path) -> Result<PathBuf, String>;
    /// The text of the file at `path`.
    fn read(&self, path: &Path) -> Result<String, String>;
}

/// What loading works with.
pub struct Loader<'l, 'a> {
    /// Gets the imported files.
    pub sources: &'l mut SourceMap,
    /// Gets their names.
    pub interner: &'l mut Interner,
    /// Gets their trees.
    pub arena: &'a Bump,
    /// Which `use`s count.
    pub options: &'l Options,
    /// Where files come from.
    pub reader: &'l dyn ImportReader,
    /// Gets what is wrong with imports, and what the parser finds.
    pub diags: &'l mut Diagnostics,
}

impl<'a> Units<'a> {
    /// A program that imports nothing.
    pub fn single(file: FileId, tree: ast::File<'a>) -> Units<'a> {
        let mut list = PrimaryMap::new();
        list.push(Unit { file, tree, imports: FxHashMap::default() });
        Units { list }
    }

    /// The file that was asked for.
    pub fn main(&self) -> UnitId {
        self.list.keys().next().expect("a program has a file")
    }

    /// The file with this id.
    pub fn unit(&self, id: UnitId) -> &Unit<'a> {
        &self.list[id]
    }

    /// All files.
    pub fn list(&self) -> impl Iterator<Item = &Unit<'a>> {
        self.list.values()
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// A file whose imports are being loaded.
struct Frame<'a> {
    unit: UnitId,
    uses: std::vec::IntoIter<&'a UseDecl<'a>>,
}

impl<'a> Loader<'_, 'a> {
    /// The program whose file `file` was parsed to `tree`, with all that it imports.
    pub fn load(mut self, file: FileId, tree: ast::File<'a>) -> Units<'a> {
        let mut units = Units::single(file, tree);
        let main = units.main();
        let mut stack = vec![self.frame(&units, main)];
        if stack[0].uses.len() == 0 {
            return units;
        }
        let mut known = FxHashMap::default();
        if let Ok(identity) = self.reader.identity(Path::new(&self.sources.file(file).name)) {
            known.insert(identity, main);
        }
        while let Some(frame) = stack.last_mut() {
            let importer = frame.unit;
            let Some(decl) = frame.uses.next() else {
                stack.pop();
                continue;
            };
            let UseSource::File(name) = decl.source else { continue };
            let path = self.path(&units, importer, name);
            let Some(identity) = self.report_failure(self.reader.identity(&path), &path, decl) else { continue };
            let imported = match known.get(&identity) {
                Some(&imported) => {
                    if let Some(start) = stack.iter().position(|frame| frame.unit == imported) {
                        let chain: Vec<UnitId> = stack[start..].iter().map(|frame| frame.unit).collect();
                        self.report_cycle(&units, &chain, decl);
                        continue;
                    }
                    imported
                }
                None => {
                    let Some(text) = self.report_failure(self.reader.read(&path), &path, decl) else { continue };
                    let imported = self.parse(&mut units, &path, text);
                    known.insert(identity, imported);
                    stack.push(self.frame(&units, imported));
                    imported
                }
            };
            units.list[importer].imports.insert(decl.source_span, imported);
        }
        units
    }

    /// The `use`s of a file.
    fn frame(&self, units: &Units<'a>, unit: UnitId) -> Frame<'a> {
        let stmts = units.unit(unit).tree.stmts.iter();
        let uses: Vec<&'a UseDecl<'a>> = stmts
            .filter_map(|stmt| match stmt.kind {
                StmtKind::Item(Item::Use(decl)) if self.options.is_active(stmt, self.interner) => Some(decl),
                _ => None,
            })
            .collect();
        Frame { unit, uses: uses.into_iter() }
    }

    /// The path of the file `name` that `importer` names.
    fn path(&self, units: &Units<'a>, importer: UnitId, name: &str) -> PathBuf {
        let importer = Path::new(&self.sources.file(units.unit(importer).file).name);
        importer.parent().unwrap_or(Path::new("")).join(name)
    }

    fn parse(&mut self, units: &mut Units<'a>, path: &Path, text: String) -> UnitId {
        let file = self.sources.add(path.to_string_lossy(), text);
        let text = &self.sources.file(file).text;
        let tree = resilient_syntax::parse(file, text, self.arena, self.interner, self.diags);
        units.list.push(Unit { file, tree, imports: FxHashMap::default() })
    }

    fn report_failure<T>(&mut self, result: Result<T, String>, path: &Path, decl: &UseDecl<'_>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(reason) => {
                let message = format!("cannot import `{}`: {reason}", path.display());
                self.diags.push(Diagnostic::error(codes::IMPORT_NOT_FOUND, decl.source_span, message));
                None
            }
        }
    }

    fn report_cycle(&mut self, units: &Units<'a>, chain: &[UnitId], decl: &UseDecl<'_>) {
        let names: Vec<&str> =
            chain.iter().chain(&chain[..1]).map(|&id| &*self.sources.file(units.unit(id).file).name).collect();
        let message = format!("import cycle: {}", names.join(" -> "));
        self.diags.push(
            Diagnostic::error(codes::IMPORT_CYCLE, decl.source_span, message)
                .with_help("move what both files need into a third one"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files in memory.
    struct Folder(&'static [(&'static str, &'static str)]);

    impl ImportReader for Folder {
        fn identity(&self, path: &Path) -> Result<PathBuf, String> {
            self.read(path).map(|_| path.to_path_buf())
        }

        fn read(&self, path: &Path) -> Result<String, String> {
            let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| text.to_string()).ok_or("not found".to_string())
        }
    }

    /// The names of the files that are loaded, and the messages.
    fn load(files: &'static [(&'static str, &'static str)]) -> (Vec<String>, Vec<String>) {
        let (mut sources, mut interner, mut diags) = Default::default();
        let arena = Bump::new();
        let options = Options::default();
        let file = SourceMap::add(&mut sources, files[0].0, files[0].1);
        let tree = resilient_syntax::parse(file, files[0].1, &arena, &mut interner, &mut diags);
        let loader = Loader {
            sources: &mut sources,
            interner: &mut interner,
            arena: &arena,
            options: &options,
            reader: &Folder(files),
            diags: &mut diags,
        };
        let units = loader.load(file, tree);
        let names = units.list.values().map(|unit| sources.file(unit.file).name.clone()).collect();
        (names, diags.sorted().iter().map(|diag| diag.message.clone()).collect())
    }

    #[test]
    fn each_file_is_loaded_once() {
        let (names, messages) = load(&[
            ("d/main.rz", "use \"a.rz\"; use \"b.rz\" as b;"),
            ("d/a.rz", "use \"b.rz\";"),
            ("d/b.rz", "let x = 1;"),
        ]);
        assert_eq!(names, ["d/main.rz", "d/a.rz", "d/b.rz"]);
        assert!(messages.is_empty());
    }

    #[test]
    fn cycles_name_the_chain() {
        let (_, messages) = load(&[("m.rz", "use \"a.rz\";"), ("a.rz", "use \"b.rz\";"), ("b.rz", "use \"a.rz\";")]);
        assert_eq!(messages, ["import cycle: a.rz -> b.rz -> a.rz"]);
    }

    #[test]
    fn what_is_switched_off_is_not_read() {
        let (names, messages) = load(&[("m.rz", "#[cfg(test)] use \"nowhere.rz\";")]);
        assert_eq!(names, ["m.rz"]);
        assert!(messages.is_empty());
    }

    #[test]
    fn long_chains_need_no_stack() {
        let files: Vec<(String, String)> = (0..3000)
            .map(|i| (format!("f{i}.rz"), if i < 2999 { format!("use \"f{}.rz\";", i + 1) } else { String::new() }))
            .collect();
        let files: Vec<(&'static str, &'static str)> =
            files.into_iter().map(|(name, text)| (&*name.leak(), &*text.leak())).collect();
        assert_eq!(load(files.leak()).0.len(), 3000);
    }
}
