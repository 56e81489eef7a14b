//! YAML. `granit-parser` says what stands where; what that means is said here and in [`scalar`](crate::scalar).

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::error::DocumentError;
use crate::limits::{Budget, check_depth, too_deep};
use crate::node::{Content, Entry, Key, Node, check_keys};
use crate::scalar::{Scalar, float, resolve};

/// Reads all documents.
pub(crate) fn parse(text: &str) -> Result<Vec<Node<'_>>, DocumentError> {
    let options = granit_parser::options! { emit_comments: false };
    let mut reader = Reader { text, budget: Budget::default(), open: Vec::new(), anchors: HashMap::new() };
    let mut documents = Vec::new();
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| syntax_error(text, &error))?;
        if let Some(root) = reader.take(event, &span)? {
            documents.push(root);
        }
    }
    Ok(documents)
}

fn syntax_error(text: &str, error: &ScanError) -> DocumentError {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(at..at + 1);
    }
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    if [": {{", "- {{", ": {%", "- {%"].iter().any(|template| line.contains(template)) {
        return DocumentError::at(BARE_TEMPLATE, at..at + 1);
    }
    let message = error.kind().to_string();
    if message.contains("tab")
        && let Some(tab) = indenting_tab(text, start)
    {
        return DocumentError::at(TAB, tab..tab + 1);
    }
    DocumentError::at(message, at..at + 1)
}

/// The tab that indents a line: this one, or one of the next two, where the parser noticed before it came there.
fn indenting_tab(text: &str, start: usize) -> Option<usize> {
    let mut line_start = start;
    for line in text[start..].split_inclusive('\n').take(3) {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if line[blanks..].starts_with('\t') && !line.trim().is_empty() {
            return Some(line_start + blanks);
        }
        line_start += line.len();
    }
    None
}

const TAB: &str = "a tab indents this line, and YAML is indented with blanks only";

const BARE_TEMPLATE: &str = "a template at the beginning of a value has to stand in quotes: \"{{ … }}\"";

/// What stands in the middle of a document.
struct Reader<'t> {
    text: &'t str,
    budget: Budget,
    /// The lists and mappings that have begun, from the outside to the inside.
    open: Vec<Open<'t>>,
    /// What the anchors of this document name, by the parser's numbers.
    anchors: HashMap<usize, Node<'t>>,
}

/// A list or a mapping that has begun.
struct Open<'t> {
    place: Range<usize>,
    anchor: usize,
    items: Items<'t>,
}

enum Items<'t> {
    List(Vec<Node<'t>>),
    /// The entries so far, and the key whose value comes next.
    Map(Vec<Entry<'t>>, Option<Key<'t>>),
}

impl<'t> Reader<'t> {
    /// Takes what comes next. Returns a document where it ends with that.
    fn take(&mut self, event: Event<'t>, span: &Span) -> Result<Option<Node<'t>>, DocumentError> {
        let place = span.byte_range().unwrap_or(0..0);
        match event {
            Event::DocumentStart(_, version) => {
                self.anchors.clear();
                match version {
                    Some(version) if version.minor < 2 => {
                        let message = "the file asks for YAML 1.1, where `no` and `0644` mean something else: \
                                       it is read as YAML 1.2, so take out this line";
                        Err(DocumentError::at(message, self.directive_before(place.start)))
                    }
                    _ => Ok(None),
                }
            }
            Event::Alias(id) => {
                let Some(named) = self.anchors.get(&id) else {
                    let message = "this alias stands inside of what it names, which would have no end";
                    return Err(DocumentError::at(message, place));
                };
                let (values, bytes) = named.size();
                self.budget.values(values, &place)?;
                self.budget.text(bytes, &place)?;
                check_depth(self.open.len() + depth(named), &place)?;
                let node = named.clone();
                self.put(node, place, None)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_key = matches!(self.open.last(), Some(Open { items: Items::Map(_, None), .. }));
                self.budget.values(usize::from(!is_key), &place)?;
                self.budget.text(text.len(), &place)?;
                // The parser has a tilde where nothing is written.
                let is_missing = style == ScalarStyle::Plain && place.is_empty();
                let text = if is_missing { Cow::Borrowed("") } else { text };
                let written = text.clone();
                let content = scalar(text, style, tag.as_deref())
                    .map_err(|why| DocumentError::at(why, tagged_place(span, &place)))?;
                let node = Node { place: place.clone(), content };
                self.keep(anchor, &node)?;
                self.put(node, place, Some(written))
            }
            Event::SequenceStart(_, anchor, tag) => {
                check_collection_tag(tag.as_deref(), "seq", span, &place)?;
                self.begin(place, anchor, Items::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                check_collection_tag(tag.as_deref(), "map", span, &place)?;
                self.begin(place, anchor, Items::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(None),
        }
    }

    fn begin(
        &mut self,
        place: Range<usize>,
        anchor: usize,
        items: Items<'t>,
    ) -> Result<Option<Node<'t>>, DocumentError> {
        // Where it begins is shown, and not all of it.
        let place = place.start..place.start + 1;
        self.budget.values(1, &place)?;
        check_depth(self.open.len() + 1, &place)?;
        self.open.push(Open { place, anchor, items });
        Ok(None)
    }

    fn end(&mut self) -> Result<Option<Node<'t>>, DocumentError> {
        let Some(Open { place, anchor, items }) = self.open.pop() else { return Ok(None) };
        let content = match items {
            Items::List(items) => Content::List(items),
            Items::Map(entries, _) => {
                check_keys(&entries)?;
                Content::Map(self.merge(entries)?)
            }
        };
        let node = Node { place: place.clone(), content };
        self.keep(anchor, &node)?;
        self.put(node, place, None)
    }

    /// Remembers what an anchor names.
    fn keep(&mut self, anchor: usize, node: &Node<'t>) -> Result<(), DocumentError> {
        if anchor != 0 {
            let (values, bytes) = node.size();
            self.budget.values(values, &node.place)?;
            self.budget.text(bytes, &node.place)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    /// Puts a node where it belongs: it is an item, a key, a value, or a document. `written` is how a scalar is written, without quotes around it.
    fn put(
        &mut self,
        node: Node<'t>,
        place: Range<usize>,
        written: Option<Cow<'t, str>>,
    ) -> Result<Option<Node<'t>>, DocumentError> {
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map(entries, key) => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None => {
                    // `{{ x }}` is a mapping whose key is a mapping.
                    let begin = open.place.start;
                    let is_mapping = matches!(node.content, Content::Map(_));
                    if is_mapping && self.text[begin..].starts_with("{{") {
                        return Err(DocumentError::at(BARE_TEMPLATE, begin..begin + 2));
                    }
                    *key = Some(read_key(node, place, written)?);
                }
            },
        }
        Ok(None)
    }

    /// Puts the entries of the mappings behind a key `<<` in its place, where their keys are not there otherwise. This is not YAML 1.2's, and the
    /// only thing here that is not: people write it, and an ordinary key of that name is never meant.
    fn merge(&mut self, entries: Vec<Entry<'t>>) -> Result<Vec<Entry<'t>>, DocumentError> {
        let is_merge = |entry: &Entry<'_>| {
            entry.key.text == "<<" && self.text.get(entry.key.place.clone()) == Some("<<")
        };
        let Some(at) = entries.iter().position(is_merge) else { return Ok(entries) };
        let mut before = entries;
        let mut after = before.split_off(at);
        let merged = after.remove(0).value;
        let sources = match merged.content {
            Content::List(items) => items,
            _ => vec![merged],
        };
        let mut merged = Vec::new();
        for source in sources {
            let Content::Map(entries) = source.content else {
                let message = "behind `<<` stands an alias of a mapping, or a list of them";
                return Err(DocumentError::at(message, source.place));
            };
            for entry in entries {
                let is_there =
                    |known: &[Entry<'_>]| known.iter().any(|known| known.key.text == entry.key.text);
                if !is_there(&before) && !is_there(&after) && !is_there(&merged) {
                    merged.push(entry);
                }
            }
        }
        before.append(&mut merged);
        before.append(&mut after);
        Ok(before)
    }

    /// The line `%YAML` in front of a document.
    fn directive_before(&self, start: usize) -> Range<usize> {
        let at = self.text[..start.min(self.text.len())].rfind("%YAML").unwrap_or(start);
        at..at + "%YAML".len()
    }
}

/// How many lists and mappings stand inside of each other in this node.
fn depth(node: &Node<'_>) -> usize {
    match &node.content {
        Content::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Content::Map(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
        _ => 0,
    }
}

/// A key is text, as it is written: `8080`, `no` and `null` as keys need no quotes.
fn read_key<'t>(
    node: Node<'t>,
    place: Range<usize>,
    written: Option<Cow<'t, str>>,
) -> Result<Key<'t>, DocumentError> {
    let wrong = |message: &str| Err(DocumentError::at(message, place.clone()));
    match (node.content, written) {
        (Content::List(_) | Content::Map(_), _) => {
            wrong("a list or a mapping cannot be a key; keys are text")
        }
        (Content::Null, Some(written)) if written.is_empty() => wrong("a key is missing in front of this"),
        (_, Some(written)) => Ok(Key { place, text: written }),
        (Content::Text(text), None) => Ok(Key { place, text }),
        (Content::Null, None) => Ok(Key { place, text: "null".into() }),
        (Content::Bool(is_true), None) => Ok(Key { place, text: is_true.to_string().into() }),
        (Content::Number(number), None) => Ok(Key { place, text: number.to_string().into() }),
    }
}

/// What a scalar is. The error says why it cannot be kept, or what is wrong with its tag.
fn scalar<'t>(text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Content<'t>, String> {
    let plain = |text: Cow<'t, str>| {
        Ok(match resolve(&text)? {
            Scalar::Null => Content::Null,
            Scalar::Bool(is_true) => Content::Bool(is_true),
            Scalar::Number(number) => Content::Number(number),
            Scalar::Text => Content::Text(text),
        })
    };
    let Some(tag) = tag else {
        return if style == ScalarStyle::Plain { plain(text) } else { Ok(Content::Text(text)) };
    };
    if is_non_specific(tag) {
        return Ok(Content::Text(text));
    }
    let is_no = |what: &str| Err(format!("`{text}` is no {what} as `{}` says", tag.original()));
    match tag.core_suffix() {
        Some("str") => Ok(Content::Text(text)),
        Some("null") => match resolve(&text)? {
            Scalar::Null => Ok(Content::Null),
            _ => is_no("null"),
        },
        Some("bool") => match resolve(&text)? {
            Scalar::Bool(is_true) => Ok(Content::Bool(is_true)),
            _ => is_no("boolean"),
        },
        Some("int") => match resolve(&text)? {
            Scalar::Number(number) if !number.is_f64() => Ok(Content::Number(number)),
            _ => is_no("integer"),
        },
        Some("float") => match resolve(&text)? {
            Scalar::Number(number) if number.is_f64() => Ok(Content::Number(number)),
            Scalar::Number(number) => float(&number.to_string()).map(Content::Number),
            _ => is_no("float"),
        },
        _ => Err(unknown_tag(tag)),
    }
}

fn check_collection_tag(
    tag: Option<&Tag>,
    own: &str,
    span: &Span,
    place: &Range<usize>,
) -> Result<(), DocumentError> {
    match tag {
        Some(tag) if !is_non_specific(tag) && tag.core_suffix() != Some(own) => {
            Err(DocumentError::at(unknown_tag(tag), tagged_place(span, place)))
        }
        _ => Ok(()),
    }
}

/// `!` says no more than that a value is not to be resolved.
fn is_non_specific(tag: &Tag) -> bool {
    tag.original() == "!"
}

fn unknown_tag(tag: &Tag) -> String {
    format!(
        "the tag `{}` means nothing here: there are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`",
        tag.original()
    )
}

/// The place of a node with its tag, or without one.
fn tagged_place(span: &Span, place: &Range<usize>) -> Range<usize> {
    span.tag_span().and_then(|tag| tag.byte_range()).unwrap_or_else(|| place.clone())
}
