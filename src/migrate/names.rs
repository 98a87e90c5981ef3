//! Names for what is made of files: the same for the same set of files, whatever their order.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

/// A name for each path: its file's without endings, with those of folders before it where two
/// would be alike.
pub fn distinct(paths: &[PathBuf], taken: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut names = BTreeMap::new();
    let mut open: BTreeSet<&PathBuf> = paths.iter().collect();
    let mut used: BTreeSet<String> = taken.iter().map(|&name| name.to_owned()).collect();
    let deepest = paths.iter().map(|path| path.components().count()).max();
    for parts in 1..=deepest.unwrap_or(1) {
        let mut same: BTreeMap<String, Vec<&PathBuf>> = BTreeMap::new();
        for path in &open {
            same.entry(name(path, parts)).or_default().push(path);
        }
        let mut found = Vec::new();
        for (name, paths) in same {
            if let [one] = paths[..]
                && !used.contains(&name)
            {
                names.insert(one.clone(), name.clone());
                open.remove(one);
                found.push(name);
            }
        }
        used.extend(found);
    }
    // `a-b.c` and `a_b.c` in one folder.
    for path in open {
        let base = name(path, 1);
        let free = (2..)
            .map(|number| format!("{base}_{number}"))
            .find(|name| !used.contains(name))
            .unwrap_or(base);
        used.insert(free.clone());
        names.insert(path.clone(), free);
    }
    names
}

/// The name of a file with so many parts of its path.
fn name(path: &Path, parts: usize) -> String {
    let components: Vec<&str> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    let from = components.len().saturating_sub(parts);
    let joined = components.get(from..).unwrap_or_default().join("_");
    let stem = [".bpf.c", ".c", ".h"]
        .iter()
        .find_map(|ending| joined.strip_suffix(ending))
        .unwrap_or(&joined);
    let mut clean: String = stem
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() {
                char
            } else {
                '_'
            }
        })
        .collect();
    if syn::parse_str::<syn::Ident>(&clean).is_err() {
        clean.insert_str(0, "probe_");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str], expected: &[&str]) {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let names = distinct(&paths, &["headers"]);
        let found: Vec<&str> = paths.iter().map(|path| names[path].as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_stem_is_the_name_where_it_is_alone() {
        check(&["src/a.bpf.c", "src/b.c", "x/c-d.h"], &["a", "b", "c_d"]);
    }

    #[test]
    fn files_of_one_name_get_their_folders() {
        check(
            &["net/x/probe.bpf.c", "fs/x/probe.bpf.c", "fs/other.c"],
            &["net_x_probe", "fs_x_probe", "other"],
        );
        check(&["probe.c", "fs/probe.c"], &["probe", "fs_probe"]);
    }

    #[test]
    fn what_cant_be_told_apart_by_folders_is_numbered() {
        check(&["a-b.c", "a_b.c"], &["a_b_2", "a_b_3"]);
    }

    #[test]
    fn names_are_identifiers_and_free() {
        check(
            &["2x.c", "match.c", "headers.c"],
            &["probe_2x", "probe_match", "headers_2"],
        );
    }
}
