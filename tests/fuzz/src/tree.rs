//! A program as a tree of statements, which is all that shrinking needs to know of it.

/// A statement or declaration.
#[derive(Clone, Debug)]
pub struct Node {
    /// Text before a nested list of statements, and that list; none for a plain statement.
    pub parts: Vec<(String, Vec<Node>)>,
    /// The text behind the last part, or all of a plain statement.
    pub end: String,
    /// A plain statement to put in its place.
    pub simpler: Option<String>,
}

impl Node {
    /// A statement without statements inside.
    pub fn line(text: impl Into<String>) -> Node {
        Node { parts: Vec::new(), end: text.into(), simpler: None }
    }

    /// The same, with a simpler text that may take its place.
    pub fn or(text: String, simpler: String) -> Node {
        Node { parts: Vec::new(), end: text, simpler: Some(simpler) }
    }

    /// A statement with one list of statements in braces.
    pub fn block(head: impl Into<String>, body: Vec<Node>) -> Node {
        Node { parts: vec![(head.into(), body)], end: "}".to_string(), simpler: None }
    }
}

/// The text of a program.
pub fn print(nodes: &[Node]) -> String {
    let mut out = String::new();
    print_at(nodes, 0, &mut out);
    out
}

fn print_at(nodes: &[Node], depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    for node in nodes {
        for (head, body) in &node.parts {
            out.push_str(&format!("{indent}{head}\n"));
            print_at(body, depth + 1, out);
        }
        out.push_str(&format!("{indent}{}\n", node.end));
    }
}

/// Number of statements.
pub fn size(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + node.parts.iter().map(|(_, body)| size(body)).sum::<usize>()).sum()
}
