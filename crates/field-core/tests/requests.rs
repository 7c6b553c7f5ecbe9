//! Requests from an app that is careless, broken or hostile: each is read as it is or refused with a
//! code, and no refusal repeats a word of what was sent.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use field_core::bundle::What;
use field_core::request::{
    Addendum, Do, Edit, Enrol, Export, Exporting, Import, List, NetworkState, New, Open, REQUEST_BYTES_MAX,
    REQUEST_DEPTH_MAX, Seal, Search, Show, Status, Timeline, Verify, VerifyBundle, parse,
};
use field_core::{FieldError, ListFilter, Of};
use serde_json::json;
use signed::{RecordId, Timestamp, code};

const ID: &str = "019aa7f0-5b00-7c3d-8a11-0242ac120002";

fn id() -> RecordId {
    ID.parse().unwrap()
}

/// The refusal of a request for a new record.
fn refused(bytes: impl AsRef<[u8]>) -> FieldError {
    parse::<New>(bytes.as_ref()).unwrap_err()
}

fn path(error: &FieldError) -> &str {
    &error.gaps[0].path
}

#[test]
fn every_request_is_read() {
    let open: Open =
        parse(br#"{"path":"p","server":"a:1","now":"2026-11-23T09:00:00+01:00","locale":"en-GB"}"#).unwrap();
    assert_eq!((open.path.as_str(), open.server.as_deref(), open.locale.as_deref()), ("p", Some("a:1"), Some("en-GB")));
    assert_eq!(open.now, Some(Timestamp::parse("2026-11-23T08:00:00Z").unwrap()));
    assert_eq!(parse::<Enrol>(br#"{"code":"c"}"#).unwrap().code().unwrap_err().code, code::D_CODE_FORM);
    let new: New = parse(br#"{"kind":"concern","body":{"exact_words":"a","n":[1,-2,0.5,true,null]}}"#).unwrap();
    assert_eq!(json!(new.body), json!({ "exact_words": "a", "n": [1, -2, 0.5, true, null] }));
    let edit: Edit = parse(format!(r#"{{"id":"{ID}","set":{{"a/b":{{"c":1}}}}}}"#).as_bytes()).unwrap();
    assert_eq!((edit.id, json!(edit.set)), (id(), json!({ "a/b": { "c": 1 } })));
    assert_eq!(parse::<Seal>(format!(r#"{{"id":"{ID}"}}"#).as_bytes()).unwrap().id, id());
    let addendum: Addendum = parse(format!(r#"{{"id":"{ID}","text":"t","reason":"r"}}"#).as_bytes()).unwrap();
    assert_eq!((addendum.text.as_deref(), addendum.set, addendum.reason.as_str()), (Some("t"), None, "r"));
    let step: Do = parse(format!(r#"{{"id":"{ID}","verb":"accept"}}"#).as_bytes()).unwrap();
    assert_eq!((step.verb.as_str(), step.body), ("accept", None));
    assert_eq!(parse::<Show>(format!(r#"{{"id":"{ID}"}}"#).as_bytes()).unwrap().purpose, None);
    assert_eq!(parse::<Search>(br#"{"text":"pictures"}"#).unwrap().text, "pictures");
    assert_eq!(parse::<Verify>(b"{}").unwrap().id, None);
    let timeline: Timeline = parse(format!(r#"{{"case":"{ID}"}}"#).as_bytes()).unwrap();
    assert_eq!(timeline.of().unwrap(), Of::Case(id()));
    let both: Timeline = parse(format!(r#"{{"case":"{ID}","person":"{ID}"}}"#).as_bytes()).unwrap();
    assert_eq!(both.of().unwrap_err().code, code::I_VALUE);
    let export: Export = parse(format!(r#"{{"record":"{ID}","to":"f","to_whom":"w"}}"#).as_bytes()).unwrap();
    let Exporting::Bundle(export) = export.export().unwrap() else { panic!("a record's bundle") };
    assert_eq!((export.what, export.to_whom.as_deref(), export.with_reporter), (What::Record(id()), Some("w"), false));
    assert_eq!(parse::<Export>(br#"{"to":"f"}"#).unwrap().export().err().unwrap().code, code::I_VALUE);
    let unsent: Export = parse(br#"{"unsent":true,"to":"f"}"#).unwrap();
    assert!(matches!(unsent.export().unwrap(), Exporting::Unsent(to) if to.as_os_str() == "f"));
    for beside in ["record", "purpose"] {
        let both = format!(r#"{{"unsent":true,"to":"f","{beside}":"{ID}"}}"#);
        assert_eq!(parse::<Export>(both.as_bytes()).unwrap().export().err().unwrap().code, code::I_VALUE);
    }
    let import: Import = parse(br#"{"path":"f"}"#).unwrap();
    assert_eq!(import.path, "f");
    let bundle: VerifyBundle = parse(br#"{"path":"f"}"#).unwrap();
    assert_eq!((bundle.path.as_str(), bundle.pins), ("f", None));
    assert_eq!(parse::<VerifyBundle>(br#"{"path":"f","pins":["AB"]}"#).err().unwrap().code, code::I_VALUE);
    assert_eq!(parse::<Status>(b" {} ").unwrap(), Status {});
    let network: NetworkState = parse(br#"{"available":true,"interface":"wifi"}"#).unwrap();
    assert_eq!((network.available, network.metered, network.interface.as_deref()), (true, None, Some("wifi")));
}

#[test]
fn what_is_null_or_not_there_is_not_asked_for() {
    assert_eq!(ListFilter::from(parse::<List>(b"{}").unwrap()), ListFilter::default());
    let nulls: List = parse(br#"{"kind":null,"case":null,"open":null,"unsent":null}"#).unwrap();
    assert_eq!(ListFilter::from(nulls), ListFilter::default());
    let all: List = parse(format!(r#"{{"kind":"case","case":"{ID}","open":true,"unsent":true}}"#).as_bytes()).unwrap();
    let wanted =
        ListFilter { kind: Some("case".into()), case: Some(id()), open: true, unsent: true, ..ListFilter::default() };
    assert_eq!(ListFilter::from(all), wanted);
}

#[test]
fn an_unknown_field_is_named_only_when_it_is_a_name() {
    let error = refused(r#"{"kind":"concern","body":{},"child":1}"#);
    assert_eq!((error.code, path(&error)), (code::I_FIELD, "child"));
    assert!(error.message.contains("`child`"));
    for name in ["He hit me", "Mum", "ünsaid", "", "a1", "a/b", &"a".repeat(65)] {
        let error = refused(json!({ "kind": "concern", "body": {}, name: 1 }).to_string());
        assert_eq!((error.code, path(&error)), (code::I_FIELD, ""), "{name}");
        assert_eq!(error.message, "this request has no such field");
    }
    assert_eq!(path(&refused(json!({ "a".repeat(64): 1 }).to_string())), "a".repeat(64));
}

#[test]
fn what_is_missing_of_another_type_or_there_twice_is_named_by_its_path() {
    for (request, field) in [
        (r#"{"kind":"concern"}"#, "body"),
        (r#"{"body":{}}"#, "kind"),
        (r#"{"kind":"concern","body":"He hit me"}"#, "body"),
        (r#"{"kind":"concern","body":null}"#, "body"),
        (r#"{"kind":["He hit me"],"body":{}}"#, "kind"),
        (r#"{"kind":{"He hit me":1},"body":{}}"#, "kind"),
        (r#"{"kind":null,"body":{}}"#, "kind"),
        (r#"{"kind":1,"body":{}}"#, "kind"),
        (r#"{"kind":"He hit me","kind":"He hit me","body":{}}"#, "kind"),
    ] {
        let error = refused(request);
        assert_eq!((error.code, path(&error)), (code::I_VALUE, field), "{request}");
        assert!(!error.to_json().to_string().contains("hit"), "{error}");
    }
    let error = parse::<Seal>(br#"{"id":"He hit me"}"#).unwrap_err();
    assert_eq!((error.code, path(&error)), (code::I_VALUE, "id"));
    let error = parse::<Open>(br#"{"path":"p","now":"yesterday"}"#).unwrap_err();
    assert_eq!((error.code, path(&error)), (code::I_VALUE, "now"));
    let error = parse::<NetworkState>(br#"{"available":"He hit me"}"#).unwrap_err();
    assert_eq!((error.code, path(&error)), (code::I_VALUE, "available"));
    assert!(!error.to_json().to_string().contains("hit"));
}

#[test]
fn what_is_no_json_object_is_refused_without_being_quoted() {
    let whole = r#"{"kind":"concern","body":{"exact_words":"He hit me"}}"#;
    let mut requests: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole.as_bytes()[..end].to_vec()).collect();
    for text in ["He hit me", "\"He hit me\"", "[\"He hit me\"]", "null", "1e999", "{\"kind\":nul}", "{\"a\":\"\\q\"}"]
    {
        requests.push(text.into());
    }
    requests.push(format!("{whole} He hit me").into());
    requests.push(b"{\"kind\":\"\xff\"}".to_vec());
    requests.push(b"\xef\xbb\xbf{}".to_vec());
    requests.push(b"{\"kind\":\"\xed\xa0\x80\",\"body\":{}}".to_vec());
    for request in requests {
        let error = refused(&request);
        assert_eq!(error.code, code::I_JSON, "{}", String::from_utf8_lossy(&request));
        assert!(!error.to_json().to_string().contains("hit"), "{error}");
    }
}

#[test]
fn a_request_may_be_as_long_as_the_limit_and_no_longer() {
    let of = |length: usize| {
        let frame = r#"{"kind":"concern","body":{"exact_words":""}}"#;
        frame.replace("\"\"", &format!("\"{}\"", "a".repeat(length - frame.len())))
    };
    assert!(parse::<New>(of(REQUEST_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(refused(of(REQUEST_BYTES_MAX + 1)).code, code::I_TOO_LARGE);
}

#[test]
fn a_request_may_be_as_deep_as_the_limit_and_no_deeper() {
    let deep = |levels: usize| {
        let inner = levels - 2;
        format!(r#"{{"kind":"concern","body":{{"a":{}{}}}}}"#, "[".repeat(inner), "]".repeat(inner))
    };
    assert!(parse::<New>(deep(REQUEST_DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(refused(deep(REQUEST_DEPTH_MAX + 1)).code, code::I_JSON);
    assert_eq!(refused(deep(10_000)).code, code::I_JSON);
    assert_eq!(refused("[".repeat(REQUEST_BYTES_MAX)).code, code::I_JSON);
    assert_eq!(refused("{\"a\":".repeat(10_000)).code, code::I_JSON);
    // Brackets within a text are words, also behind a quotation mark that was escaped.
    let words = format!(r#"{{"kind":"concern","body":{{"a":"\\\"{}"}}}}"#, "[{".repeat(1000));
    assert!(parse::<New>(words.as_bytes()).is_ok());
}

#[test]
fn a_request_prints_its_name_alone() {
    let new: New = parse(br#"{"kind":"concern","body":{"exact_words":"He hit me"}}"#).unwrap();
    assert_eq!(format!("{new:?}"), "New");
    let enrol: Enrol = parse(br#"{"code":"secret"}"#).unwrap();
    assert_eq!(format!("{enrol:?}"), "Enrol");
}

#[test]
fn a_field_given_twice_within_a_body_is_refused_and_not_half_taken() {
    for request in [
        r#"{"kind":"concern","body":{"exact_words":"first","exact_words":"second"}}"#,
        r#"{"kind":"concern","body":{"concern_items":[{"text":"first","text":"second"}]}}"#,
    ] {
        let error = parse::<New>(request.as_bytes()).unwrap_err();
        assert_eq!(error.code.name, "I.json");
        assert!(!error.message.contains("first") && !error.message.contains("second"));
    }
    let good = parse::<New>(br#"{"kind":"concern","body":{"a":[1,-2,2.5,null,true,"x",{"a":{}}]}}"#).unwrap();
    assert_eq!(good.body["a"].to_string(), r#"[1,-2,2.5,null,true,"x",{"a":{}}]"#);
}
