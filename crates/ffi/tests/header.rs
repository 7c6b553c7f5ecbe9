//! `include/field.h` is what the code says. After a change of the interface, make it anew:
//! `FIRSTHAND_WRITE_HEADER=1 cargo test -p ffi --test header`, and read the difference.
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::undocumented_unsafe_blocks)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use signed::code::ALL;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The header as the code has it: what cbindgen makes of it, and the numbers of the codes.
fn made() -> String {
    let config = cbindgen::Config::from_file(folder().join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(folder()).with_config(config).generate().unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).unwrap();
    let end = text.rfind("#endif").unwrap();
    format!("{}\n{}\n{}", without_safety(&text[..end]).trim_end(), codes(), &text[end..])
}

/// What Rust asks of a caller in so many words stands once, at the top of the header.
fn without_safety(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in text.lines().map(str::trim_end) {
        if line.trim() == "# Safety" {
            inside = true;
            // The empty line in front of it.
            out.pop();
        } else if line.trim() == "*/" {
            inside = false;
        }
        if !inside {
            out.push(line);
        }
    }
    out.join("\n")
}

/// Every code by class: numbers are permanent, so an app may compare with them.
fn codes() -> String {
    let mut classes: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for code in ALL {
        classes.entry(code.class.as_str()).or_default().push(code);
    }
    let mut out =
        String::from("\n/* The codes that a status from 1000 on stands for, by what an app can do about them. */\n");
    for (class, codes) in classes {
        writeln!(out, "\n/* {class} */").unwrap();
        for code in codes {
            let name: String = code.name.chars().map(|c| if c == '.' { '_' } else { c.to_ascii_uppercase() }).collect();
            writeln!(out, "#define FIELD_{name} {}", code.number).unwrap();
        }
    }
    out
}

#[test]
fn the_committed_header_is_what_the_code_says() {
    let place = folder().join("include/field.h");
    let made = made();
    if std::env::var_os("FIRSTHAND_WRITE_HEADER").is_some() {
        std::fs::write(&place, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(committed == made, "include/field.h fell behind; the first lines of this file say how to make it anew");
}

#[test]
fn the_table_of_small_numbers_in_the_documentation_is_the_headers() {
    let page = std::fs::read_to_string(folder().join("../../docs/integrating/README.md")).unwrap();
    let rows = page.lines().filter(|line| line.contains("| `FIELD_"));
    let documented: Vec<(String, i32, String)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (cells[2].trim_matches('`').to_owned(), cells[1].parse().unwrap(), cells[3].to_owned())
        })
        .collect();
    let class = |status: i32| {
        let class = field::field_status_class(status);
        unsafe { std::ffi::CStr::from_ptr(class) }.to_str().unwrap().to_owned()
    };
    let header = std::fs::read_to_string(folder().join("include/field.h")).unwrap();
    let defined: Vec<(String, i32, String)> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define FIELD_")?.split_once(' '))
        .filter(|(name, _)| !name.starts_with("ABI_"))
        .filter_map(|(name, number)| Some((format!("FIELD_{name}"), number.parse::<i32>().ok().filter(|n| *n < 1000)?)))
        .map(|(name, number)| (name, number, class(number)))
        .collect();
    assert_eq!(defined.len(), 12);
    assert_eq!(documented, defined);
}

#[test]
fn every_name_in_the_header_begins_with_field() {
    let header = std::fs::read_to_string(folder().join("include/field.h")).unwrap();
    for line in header.lines().filter(|line| line.starts_with("#define")) {
        let name = line.split_whitespace().nth(1).unwrap();
        assert!(name.starts_with("FIELD_") || name == "FIRSTHAND_FIELD_H", "{line}");
    }
    for name in ["field_abi_version", "field_open", "field_close", "field_record_new", "field_event_next"] {
        assert!(header.contains(&format!("{name}(")), "{name}");
    }
}
