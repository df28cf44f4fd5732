//! Source files and byte spans. Lines and columns are computed only when a message is drawn.

use cranelift_entity::{PrimaryMap, entity_impl};

/// A source file of this compilation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);
entity_impl!(FileId, "file");

/// A half-open byte range `lo..hi` of one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

impl Span {
    /// The range `lo..hi` of `file`.
    pub fn new(file: FileId, lo: u32, hi: u32) -> Span {
        Span { file, lo, hi }
    }

    /// The smallest span that holds `self` and `other`, which must be of the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The empty span at the start of this one.
    pub fn start(self) -> Span {
        Span { hi: self.lo, ..self }
    }

    /// The empty span at the end of this one.
    pub fn end(self) -> Span {
        Span { lo: self.hi, ..self }
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}..{}", self.file, self.lo, self.hi)
    }
}

/// A place in a file as people count: both from 1, columns in characters (Unicode scalar values).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineCol {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
}

/// One source file.
pub struct SourceFile {
    /// The path as the user gave it, or as reached from there by imports; this is what messages show.
    pub name: String,
    /// The whole text.
    pub text: String,
    line_starts: Vec<u32>,
}

impl SourceFile {
    fn new(name: String, text: String) -> SourceFile {
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        SourceFile { name, text, line_starts }
    }

    /// Number of lines; a file that ends in a line feed has an empty last line.
    pub fn n_lines(&self) -> usize {
        self.line_starts.len()
    }

    /// Zero-based index of the line that holds byte `offset`.
    pub fn line_index(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|&start| start <= offset) - 1
    }

    /// Byte range of the line with the zero-based `index`, its line feed included.
    pub fn line_range(&self, index: usize) -> std::ops::Range<usize> {
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        self.line_starts[index] as usize..end
    }

    /// Line and column of byte `offset`.
    pub fn line_col(&self, offset: u32) -> LineCol {
        let line = self.line_index(offset);
        let start = self.line_starts[line] as usize;
        let col = self.text[start..].char_indices().take_while(|&(i, _)| start + i < offset as usize).count();
        LineCol { line: line as u32 + 1, col: col as u32 + 1 }
    }
}

/// All source files of a compilation.
#[derive(Default)]
pub struct SourceMap {
    files: PrimaryMap<FileId, SourceFile>,
}

impl SourceMap {
    /// Largest source file in bytes; spans are 32-bit.
    pub const MAX_FILE_LEN: usize = u32::MAX as usize / 2;

    /// Adds a file of at most [`SourceMap::MAX_FILE_LEN`] bytes.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(SourceFile::new(name.into(), text.into()))
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id]
    }

    /// Line and column of the start of `span`.
    pub fn line_col(&self, span: Span) -> LineCol {
        self.files[span.file].line_col(span.lo)
    }

    /// The file of this name and the byte in it at a line and column, if there is one.
    pub fn offset_of(&self, name: &str, line: u32, col: u32) -> Option<(FileId, u32)> {
        let (id, file) = self.files.iter().find(|(_, file)| file.name == name)?;
        let start = *file.line_starts.get(line.checked_sub(1)? as usize)?;
        let (offset, _) = file.text[start as usize..].char_indices().nth(col.checked_sub(1)? as usize)?;
        Some((id, start + offset as u32))
    }

    /// The text `span` covers.
    pub fn text(&self, span: Span) -> &str {
        &self.files[span.file].text[span.lo as usize..span.hi as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut map = SourceMap::default();
        let file = map.add("t.rz", "a\né = 1;\n");
        let at = |lo| map.line_col(Span::new(file, lo, lo));
        assert_eq!(at(0), LineCol { line: 1, col: 1 });
        assert_eq!(at(2), LineCol { line: 2, col: 1 });
        assert_eq!(at(5), LineCol { line: 2, col: 3 });
        assert_eq!(at(10), LineCol { line: 3, col: 1 });
    }

    #[test]
    fn spans_are_small() {
        assert_eq!(size_of::<Span>(), 12);
    }
}
