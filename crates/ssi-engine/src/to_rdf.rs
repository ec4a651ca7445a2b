//! From the expanded document to quads (JSON-LD 1.1 API §8.1).

use std::collections::{BTreeSet, HashMap};

use crate::{
    JsonLdError,
    expanded::{Node, Object, Resource},
    rdf::{Quad, RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE, Term},
};

/// The quads of an expanded document, at most `max_quads`. Blank nodes are named `b0`, `b1`, … in the order they are met.
pub(crate) fn to_quads(document: Vec<Object>, max_quads: usize) -> Result<Vec<Quad>, JsonLdError> {
    let mut writer = Writer { quads: BTreeSet::new(), labels: HashMap::new(), next: 0, max_quads };
    writer.graph(without_envelope(document), None)?;
    Ok(writer.quads.into_iter().collect())
}

/// A document that is nothing but `@graph` is that graph's content.
fn without_envelope(mut document: Vec<Object>) -> Vec<Object> {
    match document.as_mut_slice() {
        [Object::Node(node)] if node.is_only_graph() => node.graph.take().unwrap_or_default(),
        _ => document,
    }
}

struct Writer {
    quads: BTreeSet<Quad>,
    labels: HashMap<String, Term>,
    next: usize,
    max_quads: usize,
}

impl Writer {
    /// The objects of the default graph or of a named one: nodes that say something.
    fn graph(&mut self, objects: Vec<Object>, graph: Option<&Term>) -> Result<(), JsonLdError> {
        for object in objects {
            match object {
                Object::Node(node) if node.has_content() => self.node(node, graph)?,
                _ => return Err(JsonLdError::DataLoss("a node or value that says nothing")),
            };
        }
        Ok(())
    }

    fn node(&mut self, node: Node, graph: Option<&Term>) -> Result<Term, JsonLdError> {
        let subject = match node.id {
            Some(id) => self.resource(id),
            None => self.fresh(),
        };
        for ty in node.types {
            let ty = self.resource(ty);
            self.push(subject.clone(), RDF_TYPE, ty, graph)?;
        }
        for (property, objects) in node.properties {
            for object in objects {
                let object = self.object(object, graph)?;
                self.push(subject.clone(), &property, object, graph)?;
            }
        }
        for (property, objects) in node.reverse {
            for object in objects {
                let Object::Node(other) = object else {
                    return Err(JsonLdError::Invalid("a reverse property of something else than a node"));
                };
                let other = self.node(other, graph)?;
                self.push(other, &property, subject.clone(), graph)?;
            }
        }
        if let Some(objects) = node.graph {
            self.graph(objects, Some(&subject))?;
        }
        self.graph(node.included, graph)?;
        Ok(subject)
    }

    fn object(&mut self, object: Object, graph: Option<&Term>) -> Result<Term, JsonLdError> {
        match object {
            Object::Node(node) => self.node(node, graph),
            Object::Literal(literal) => Ok(Term::Literal(literal)),
            Object::List(items) => self.list(items, graph),
        }
    }

    fn list(&mut self, items: Vec<Object>, graph: Option<&Term>) -> Result<Term, JsonLdError> {
        let cells: Vec<Term> = items.iter().map(|_| self.fresh()).collect();
        let nil = Term::Iri(RDF_NIL.to_owned());
        let head = cells.first().unwrap_or(&nil).clone();
        let rests = cells.iter().skip(1).chain(std::iter::once(&nil));
        for ((item, cell), rest) in items.into_iter().zip(&cells).zip(rests) {
            let first = self.object(item, graph)?;
            self.push(cell.clone(), RDF_FIRST, first, graph)?;
            self.push(cell.clone(), RDF_REST, rest.clone(), graph)?;
        }
        Ok(head)
    }

    fn push(
        &mut self,
        subject: Term,
        predicate: &str,
        object: Term,
        graph: Option<&Term>,
    ) -> Result<(), JsonLdError> {
        let quad = Quad { subject, predicate: predicate.to_owned(), object, graph: graph.cloned() };
        if !self.quads.insert(quad) {
            return Err(JsonLdError::DataLoss("the same value twice in a set"));
        }
        if self.quads.len() > self.max_quads { Err(JsonLdError::TooComplex) } else { Ok(()) }
    }

    fn resource(&mut self, resource: Resource) -> Term {
        match resource {
            Resource::Iri(iri) => Term::Iri(iri),
            Resource::Blank(label) => match self.labels.get(&label) {
                Some(term) => term.clone(),
                None => {
                    let term = self.fresh();
                    self.labels.insert(label, term.clone());
                    term
                }
            },
        }
    }

    fn fresh(&mut self) -> Term {
        let label = format!("b{}", self.next);
        self.next += 1;
        Term::Blank(label)
    }
}
