//! One workspace out of all that was made of the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{Loader, Request, codes, names, unit::Made};
use crate::{
    diag::Diagnostic,
    emit::{
        loader::loader,
        workspace::many::{Loaders, Member, frame},
    },
};

/// The files of the workspace, and what is to be known about them.
pub fn assemble(request: &Request, made: &[Made]) -> (BTreeMap<PathBuf, String>, Vec<Diagnostic>) {
    let members: Vec<Member> = made
        .iter()
        .filter_map(|made| made.unit.member.clone())
        .collect();
    let headers: BTreeSet<PathBuf> = members
        .iter()
        .flat_map(|member| &member.shared)
        .filter_map(|shared| shared.header.as_ref().map(PathBuf::from))
        .collect();
    let headers: Vec<PathBuf> = headers.into_iter().collect();
    let headers = names::distinct(&headers, &[]);
    let mut diagnostics = Vec::new();
    let single = (request.loader == Loader::Single).then(|| {
        let objects: Vec<_> = made
            .iter()
            .filter(|made| made.unit.member.is_some())
            .filter_map(|made| made.object.as_ref())
            .map(|object| (object.name.as_str(), object))
            .collect();
        loader(&objects)
    });
    let loaders = match (&single, request.loader) {
        (Some(loader), _) => {
            diagnostics.extend(loader.diagnostics.iter().cloned().map(|mut diagnostic| {
                // The span is one of another map.
                diagnostic.span = None;
                diagnostic
            }));
            Loaders::One(loader)
        }
        (None, Loader::None) => Loaders::None,
        (None, _) => Loaders::Each,
    };
    let (mut files, different) = frame(&request.name, &members, loaders, &headers);
    for different in different {
        let message = format!(
            "`{}` of `{}` isn't the same for all that include it: each of {} has its own",
            different.name,
            different.header,
            different.objects.join(", ")
        );
        diagnostics.push(Diagnostic::warning(codes::DIFFERENT, None, message));
    }
    for made in made {
        files.extend(made.files.clone());
    }
    (files, diagnostics)
}
