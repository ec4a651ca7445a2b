//! The expanded form of a document (JSON-LD 1.1 §9), as a tree.

use crate::{JsonLdError, context::Expanded, rdf::Literal};

/// A member of an expanded document.
pub(crate) enum Object {
    Node(Node),
    Literal(Literal),
    List(Vec<Object>),
}

/// A node object.
#[derive(Default)]
pub(crate) struct Node {
    pub(crate) id: Option<Resource>,
    pub(crate) types: Vec<Resource>,
    pub(crate) properties: Vec<(String, Vec<Object>)>,
    pub(crate) reverse: Vec<(String, Vec<Object>)>,
    pub(crate) graph: Option<Vec<Object>>,
    pub(crate) included: Vec<Object>,
}

/// What can be a subject.
#[derive(Clone)]
pub(crate) enum Resource {
    Iri(String),
    Blank(String),
}

impl Node {
    /// Whether it says anything: an identifier alone says nothing.
    pub(crate) fn has_content(&self) -> bool {
        !self.types.is_empty()
            || !self.properties.is_empty()
            || !self.reverse.is_empty()
            || self.graph.is_some()
            || !self.included.is_empty()
    }

    /// Whether it is a graph without a name and nothing else.
    pub(crate) fn is_only_graph(&self) -> bool {
        let rest = [self.properties.len(), self.reverse.len(), self.types.len(), self.included.len()];
        self.graph.is_some() && self.id.is_none() && rest == [0; 4]
    }
}

/// What an expanded name can be as a subject or a type.
pub(crate) fn resource(expanded: Expanded) -> Result<Resource, JsonLdError> {
    match expanded {
        Expanded::Iri(iri) => Ok(Resource::Iri(iri)),
        Expanded::Blank(label) => Ok(Resource::Blank(label)),
        Expanded::Relative => Err(JsonLdError::DataLoss("an identifier or type that is not absolute")),
        Expanded::Null | Expanded::Keyword(_) => {
            Err(JsonLdError::DataLoss("a keyword in the place of an identifier"))
        }
    }
}
