//! Context processing (JSON-LD 1.1 API §4.1) by `ssi`, over a closed set of documents.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    pin::pin,
    rc::Rc,
    task::{Context as TaskContext, Poll, Waker},
};

use serde_json::Value;
use ssi_json_ld::{
    BlankId, Id, Iri, IriBuf, LoadError, Loader, RemoteDocument, Term, ValidId,
    context::TermDefinitionRef,
    context_processing::{Error as ProcessingError, Options, Process as _},
    syntax::{self, Keyword, Parse as _, TryFromJson as _},
};

use crate::{ContextDocuments, JsonLdError};

/// How many active contexts may be made: each distinct one once.
const MAX_CONTEXTS: u32 = 256;
/// How many context documents may be opened: an `@context` of ten thousand URLs costs ten thousand times one.
const MAX_DOCUMENTS: u32 = 64;

/// What a term definition says; `ssi`'s own.
pub(crate) type Definition<'c> = TermDefinitionRef<'c, IriBuf, ssi_json_ld::BlankIdBuf>;

/// An active context, numbered so that what is processed once is processed once only.
pub(crate) struct ActiveContext {
    number: u32,
    inner: ssi_json_ld::Context,
    /// Where a type-scoped context ends: the context for nodes below.
    previous: Option<Rc<ActiveContext>>,
}

/// What a term or a compact IRI expands to (JSON-LD 1.1 API §5.2).
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Expanded {
    Keyword(Keyword),
    Iri(String),
    Blank(String),
    /// A term mapped to null, or something that looks like a keyword.
    Null,
    /// Neither a term nor absolute.
    Relative,
}

impl ActiveContext {
    /// The definition of a term.
    pub(crate) fn definition(&self, term: &str) -> Option<Definition<'_>> {
        self.inner.get(term)
    }

    pub(crate) fn previous(&self) -> Option<&Rc<ActiveContext>> {
        self.previous.as_ref()
    }

    pub(crate) fn default_language(&self) -> Option<&str> {
        self.inner.default_language().map(|tag| tag.as_str())
    }

    pub(crate) fn default_direction(&self) -> Option<syntax::Direction> {
        self.inner.default_base_direction()
    }

    /// IRI expansion with `vocab` true: keys, types, values of `@vocab` terms.
    pub(crate) fn expand_vocab(&self, value: &str) -> Expanded {
        self.expand(value, true)
    }

    /// IRI expansion with `vocab` false, document relative: identifiers. There is no base IRI, so only absolute ones come out.
    pub(crate) fn expand_id(&self, value: &str) -> Expanded {
        self.expand(value, false)
    }

    fn expand(&self, value: &str, vocab: bool) -> Expanded {
        if let Ok(keyword) = Keyword::try_from(value) {
            return Expanded::Keyword(keyword);
        }
        if syntax::is_keyword_like(value) {
            return Expanded::Null;
        }
        if let Some(definition) = self.definition(value) {
            match definition.value() {
                Some(Term::Keyword(keyword)) => return Expanded::Keyword(*keyword),
                Some(Term::Id(id)) if vocab => return expanded_id(id),
                Some(Term::Null) | None if vocab => return Expanded::Null,
                _ => {}
            }
        }
        if let Some(expanded) = self.expand_compact(value) {
            return expanded;
        }
        match self.inner.vocabulary() {
            Some(Term::Id(mapping)) if vocab => absolute(format!("{}{value}", mapping.as_str())),
            _ => Expanded::Relative,
        }
    }

    /// `prefix:suffix`, `_:label`, or an absolute IRI.
    fn expand_compact(&self, value: &str) -> Option<Expanded> {
        let (prefix, suffix) = value.split_once(':').filter(|(prefix, _)| !prefix.is_empty())?;
        if prefix == "_" {
            return Some(absolute(value.to_owned()));
        }
        if !suffix.starts_with("//")
            && let Some(definition) = self.definition(prefix)
            && definition.prefix()
            && let Some(Term::Id(mapping)) = definition.value()
        {
            return Some(absolute(format!("{}{suffix}", mapping.as_str())));
        }
        match absolute(value.to_owned()) {
            Expanded::Relative => None,
            expanded => Some(expanded),
        }
    }
}

fn expanded_id(id: &Id) -> Expanded {
    match id {
        Id::Valid(ValidId::Iri(iri)) => Expanded::Iri(iri.as_str().to_owned()),
        Id::Valid(ValidId::Blank(label)) => Expanded::Blank(label.suffix().to_owned()),
        Id::Invalid(_) => Expanded::Relative,
    }
}

fn absolute(iri: String) -> Expanded {
    match iri.strip_prefix("_:") {
        Some(label) if BlankId::new(&iri).is_ok() => Expanded::Blank(label.to_owned()),
        None if Iri::new(&iri).is_ok() => Expanded::Iri(iri),
        _ => Expanded::Relative,
    }
}

/// Why a scoped context is processed: part of what names the result.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Scope {
    Property,
    Type,
}

/// Processes contexts, each once.
pub(crate) struct ContextProcessor<'a> {
    documents: Documents<'a>,
    made: u32,
    initial: Option<Rc<ActiveContext>>,
    local: HashMap<(u32, String), Rc<ActiveContext>>,
    scoped: HashMap<(u32, u32, String, Scope), Rc<ActiveContext>>,
}

impl<'a> ContextProcessor<'a> {
    pub(crate) fn new(documents: ContextDocuments<'a>) -> Self {
        ContextProcessor {
            documents: Documents::of(documents),
            made: 0,
            initial: None,
            local: HashMap::new(),
            scoped: HashMap::new(),
        }
    }

    /// The context before any: no terms, no base IRI.
    pub(crate) fn initial(&mut self) -> Result<Rc<ActiveContext>, JsonLdError> {
        if let Some(initial) = &self.initial {
            return Ok(Rc::clone(initial));
        }
        let initial = self.number(ssi_json_ld::Context::new(None))?;
        self.initial = Some(Rc::clone(&initial));
        Ok(initial)
    }

    /// The value of an `@context` member on top of `active`.
    pub(crate) fn process_local(
        &mut self,
        active: &Rc<ActiveContext>,
        local: &Value,
    ) -> Result<Rc<ActiveContext>, JsonLdError> {
        let mut urls = local.as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut seen = HashSet::new();
        // Listed twice, a context would have to be applied twice; `ssi` skips it the second time.
        if !urls.all(|url| seen.insert(url)) {
            return Err(JsonLdError::ContextInvalid);
        }
        let text = local.to_string();
        let name = (active.number, text);
        if let Some(known) = self.local.get(&name) {
            return Ok(Rc::clone(known));
        }
        let context = parse_context(&name.1)?;
        let made = self.process(active, &context, None, Options::default())?;
        self.local.insert(name, Rc::clone(&made));
        Ok(made)
    }

    /// The context that `definitions` attach to property `term`, on top of `active`; it may replace protected terms.
    pub(crate) fn process_property_scoped(
        &mut self,
        active: &Rc<ActiveContext>,
        definitions: &Rc<ActiveContext>,
        term: &str,
    ) -> Result<Rc<ActiveContext>, JsonLdError> {
        self.process_scoped(active, definitions, term, Scope::Property)
    }

    /// The context that `definitions` attach to type `term`, on top of `active`; it ends with the node.
    pub(crate) fn process_type_scoped(
        &mut self,
        active: &Rc<ActiveContext>,
        definitions: &Rc<ActiveContext>,
        term: &str,
    ) -> Result<Rc<ActiveContext>, JsonLdError> {
        self.process_scoped(active, definitions, term, Scope::Type)
    }

    fn process_scoped(
        &mut self,
        active: &Rc<ActiveContext>,
        definitions: &Rc<ActiveContext>,
        term: &str,
        scope: Scope,
    ) -> Result<Rc<ActiveContext>, JsonLdError> {
        let Some(definition) = definitions.definition(term) else { return Ok(Rc::clone(active)) };
        let Some(context) = definition.context() else { return Ok(Rc::clone(active)) };
        let name = (active.number, definitions.number, term.to_owned(), scope);
        if let Some(known) = self.scoped.get(&name) {
            return Ok(Rc::clone(known));
        }
        let options = match scope {
            Scope::Property => Options::default().with_override(),
            Scope::Type => Options::default().without_propagation(),
        };
        let made = self.process(active, context, definition.base_url().cloned(), options)?;
        self.scoped.insert(name, Rc::clone(&made));
        Ok(made)
    }

    fn process(
        &mut self,
        active: &ActiveContext,
        context: &syntax::Context,
        base_url: Option<IriBuf>,
        options: Options,
    ) -> Result<Rc<ActiveContext>, JsonLdError> {
        let mut vocabulary = ();
        let processing =
            context.process_full(&mut vocabulary, &active.inner, &self.documents, base_url, options, ());
        let processed = at_once(processing).ok_or(JsonLdError::ContextInvalid)?;
        if self.documents.opened.get() > MAX_DOCUMENTS {
            return Err(JsonLdError::TooComplex);
        }
        let processed = processed.map_err(|error| processing_error(&error))?.into_processed();
        if processed.base_iri().is_some() {
            return Err(JsonLdError::ContextInvalid);
        }
        self.number(processed)
    }

    fn number(&mut self, inner: ssi_json_ld::Context) -> Result<Rc<ActiveContext>, JsonLdError> {
        if self.made == MAX_CONTEXTS {
            return Err(JsonLdError::TooComplex);
        }
        self.made += 1;
        let number = self.made;
        let previous = match inner.previous_context() {
            Some(previous) => Some(self.number(previous.clone())?),
            None => None,
        };
        Ok(Rc::new(ActiveContext { number, inner, previous }))
    }
}

fn parse_context(text: &str) -> Result<syntax::Context, JsonLdError> {
    let (value, _) = syntax::Value::parse_str(text).map_err(|_| JsonLdError::ContextInvalid)?;
    syntax::Context::try_from_json(value).map_err(|_| JsonLdError::ContextInvalid)
}

fn processing_error(error: &ProcessingError) -> JsonLdError {
    match error {
        ProcessingError::ContextLoadingFailed(_) | ProcessingError::LoadingDocumentFailed => {
            JsonLdError::ContextNotFound
        }
        ProcessingError::ProtectedTermRedefinition | ProcessingError::InvalidContextNullification => {
            JsonLdError::ProtectedTerm
        }
        _ => JsonLdError::ContextInvalid,
    }
}

/// The closed set as a loader: what is not in it does not exist.
pub(crate) struct Documents<'a> {
    set: ContextDocuments<'a>,
    opened: Cell<u32>,
}

impl<'a> Documents<'a> {
    pub(crate) fn of(set: ContextDocuments<'a>) -> Self {
        Documents { set, opened: Cell::new(0) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not in the closed set of contexts")]
struct NotInTheSet;

impl Loader for Documents<'_> {
    async fn load(&self, url: &Iri) -> Result<RemoteDocument<IriBuf>, LoadError> {
        let refused = || LoadError::new(url.to_owned(), NotInTheSet);
        self.opened.update(|opened| opened + 1);
        if self.opened.get() > MAX_DOCUMENTS {
            return Err(refused());
        }
        let text = (self.set)(url.as_str()).ok_or_else(refused)?;
        let (document, _) = syntax::Value::parse_str(text).map_err(|_| refused())?;
        Ok(RemoteDocument::new(Some(url.to_owned()), None, document))
    }
}

/// Runs a future that never waits: nothing here does, the loader least of all.
pub(crate) fn at_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
