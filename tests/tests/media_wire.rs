//! What a device may say on a media stream, and what it is told when it says anything else: a code, and
//! nothing grows.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

mod common;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use common::Scene;
use common::author::Author;
use common::client::{Client, Session};
use records::Attachment;
use records::attachments::ciphertext_bytes;
use signed::digest::sha256;
use signed::{Code, MediaHash, RecordId, code};
use transport::{MessageReader, MessageWriter};
use wire::limits::{MEDIA_BYTES_MAX, MEDIA_CHUNK_BYTES_MAX, MEDIA_WINDOW_BYTES};
use wire::{Item, Media, Message, Reassembler, Rest};

/// Far more than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ciphertext of a file of so many bytes; the server cannot tell it from noise.
fn ciphertext(bytes: u64) -> (MediaHash, Vec<u8>) {
    let all: Vec<u8> = (0..ciphertext_bytes(bytes)).map(|at| u8::try_from(at % 253).unwrap()).collect();
    (MediaHash(sha256(&all)), all)
}

fn attachment(file: MediaHash, bytes: u64) -> Attachment {
    let size = ciphertext_bytes(bytes);
    Attachment { sha256: file, bytes, size, media_type: "image/jpeg".into(), key: [7; 32] }
}

/// A media stream of a session.
struct Stream(MessageWriter, MessageReader);

impl Stream {
    async fn open(session: &Session) -> Self {
        let (send, receive) = session.connection.open_bi().await.unwrap();
        Self(MessageWriter::new(send), MessageReader::new(receive, Reassembler::new()))
    }

    async fn say(&mut self, media: Media) {
        self.0.send(&Message::Media(media)).await.unwrap();
    }

    async fn hear(&mut self) -> Media {
        let next = tokio::time::timeout(PATIENCE, self.1.next()).await.expect("an answer in time");
        match next.unwrap().expect("the stream goes on") {
            Message::Media(media) => media,
            other => panic!("{other:?}"),
        }
    }

    async fn ask(&mut self, media: Media) -> Media {
        self.say(media).await;
        self.hear().await
    }

    async fn refusal(&mut self, media: Media) -> Code {
        match self.ask(media).await {
            Media::Refuse { code } => Code::by_number(code).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Sends a whole file from an offset on, never more unconfirmed than is allowed; answers the last word.
    async fn send(&mut self, bytes: &[u8], from: usize) -> Media {
        let mut sent = from;
        let mut confirmed = from;
        loop {
            while sent < bytes.len() && ((sent - confirmed) as u64) < MEDIA_WINDOW_BYTES {
                let end = (sent + MEDIA_CHUNK_BYTES_MAX).min(bytes.len());
                self.say(Media::Chunk { offset: sent as u64, bytes: bytes[sent..end].to_vec() }).await;
                sent = end;
            }
            match self.hear().await {
                Media::Have { offset } => confirmed = usize::try_from(offset).unwrap(),
                word => return word,
            }
        }
    }
}

/// An officer's device that will say anything, a record of its own with a file named in it, and the lead
/// of another school, who holds nothing of it.
struct Story {
    scene: Scene,
    author: Author,
    stranger: Client,
    id: RecordId,
}

fn play<F: Future<Output = ()>>(story: impl FnOnce(Story) -> F) {
    let scene = Scene::new();
    let body = scene.action_body("Please look at the film");
    let codes = ["officer", "stranger"].map(|user| scene.server.code(user).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut author = Author::enrol(&codes[0]).await;
        let stranger = Client::enrol(&codes[1]).await.unwrap();
        let (id, first) = author.create("action", body);
        author.push_honest(vec![first]).await;
        story(Story { scene, author, stranger, id }).await;
    });
}

impl Story {
    /// Names a file in the record, honestly.
    async fn attach(&mut self, file: MediaHash, bytes: u64) {
        let item = self.author.step(self.id, "action", "attach", attachment(file, bytes).content());
        self.author.push_honest(vec![item]).await;
    }

    async fn flag(&mut self, file: MediaHash) {
        let content = [("sha256", signed::Value::bytes(file.0)), ("reason", signed::Value::text("may show a child"))];
        let content = content.map(|(name, value)| (name.to_owned(), value)).into();
        let item = self.author.step(self.id, "action", "flag_image", content);
        self.author.push_honest(vec![item]).await;
    }

    async fn stream(&self) -> Stream {
        Stream::open(&self.author.session).await
    }

    /// Files and bytes below the server's folder of attached files.
    fn kept(&self) -> (usize, u64) {
        fn walk(folder: &Path, found: &mut (usize, u64)) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    found.0 += 1;
                    found.1 += std::fs::metadata(path).map_or(0, |file| file.len());
                }
            }
        }
        let mut found = (0, 0);
        walk(&self.scene.server.dir().join("media"), &mut found);
        found
    }
}

#[test]
fn r80_whoever_does_not_hold_a_record_neither_fetches_nor_brings_its_files() {
    play(|mut story| async move {
        let (file, bytes) = ciphertext(100_000);
        story.attach(file, 100_000).await;
        let mut own = story.stream().await;
        let size = bytes.len() as u64;
        assert_eq!(own.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
        // Not there yet: said to whoever holds the record, and to nobody else.
        let mut second = story.stream().await;
        assert_eq!(second.refusal(Media::Fetch { sha256: file, from: 0 }).await, code::W_MEDIA_MISSING);
        let session = story.stranger.connect().await;
        let mut theirs = Stream::open(&session).await;
        for sha256 in [file, MediaHash([9; 32])] {
            assert_eq!(theirs.refusal(Media::Fetch { sha256, from: 0 }).await, code::W_MEDIA_DENIED);
            assert_eq!(theirs.refusal(Media::Offer { sha256, size }).await, code::W_MEDIA_DENIED);
        }
        assert_eq!(own.send(&bytes, 0).await, Media::Done { sha256: file });
        assert_eq!(theirs.refusal(Media::Fetch { sha256: file, from: 0 }).await, code::W_MEDIA_DENIED);
        // Whoever holds it gets what was brought, from wherever it is asked for.
        for from in [0, 70_000, size - 1] {
            second.say(Media::Fetch { sha256: file, from }).await;
            let mut came = Vec::new();
            loop {
                match second.hear().await {
                    Media::Chunk { offset, bytes } => {
                        assert_eq!(offset, from + came.len() as u64);
                        came.extend(bytes);
                    }
                    word => break assert_eq!(word, Media::Done { sha256: file }),
                }
            }
            assert!(came == bytes[usize::try_from(from).unwrap()..], "from {from}");
        }
        assert_eq!(second.refusal(Media::Fetch { sha256: file, from: size + 1 }).await, code::W_MEDIA_OFFSET);
        // Offered again, it is there already.
        assert_eq!(own.ask(Media::Offer { sha256: file, size }).await, Media::Done { sha256: file });
    });
}

#[test]
fn r80_what_is_no_part_of_the_file_gets_a_code_and_nothing_grows() {
    play(|mut story| async move {
        let (file, bytes) = ciphertext(200_000);
        let size = bytes.len() as u64;
        let mut stream = story.stream().await;
        // No statement names it.
        assert_eq!(stream.refusal(Media::Offer { sha256: file, size }).await, code::W_MEDIA_DENIED);
        story.attach(file, 200_000).await;
        for wrong in [1, size - 1, size + 1, MEDIA_BYTES_MAX + 1, i64::MAX.unsigned_abs()] {
            assert_eq!(stream.refusal(Media::Offer { sha256: file, size: wrong }).await, code::W_MEDIA_SIZE);
        }
        assert_eq!(story.kept(), (0, 0));
        // Beyond what came, before it, beyond the end.
        for offset in [1, 65_536, u64::MAX >> 1] {
            assert_eq!(stream.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
            let chunk = Media::Chunk { offset, bytes: bytes[..10].to_vec() };
            assert_eq!(stream.refusal(chunk).await, code::W_MEDIA_OFFSET);
        }
        assert_eq!(stream.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
        for part in bytes.chunks(MEDIA_CHUNK_BYTES_MAX).take(3).enumerate() {
            let (at, part) = ((part.0 * MEDIA_CHUNK_BYTES_MAX) as u64, part.1.to_vec());
            stream.say(Media::Chunk { offset: at, bytes: part }).await;
        }
        let more = Media::Chunk { offset: 3 * 65_536, bytes: vec![0; MEDIA_CHUNK_BYTES_MAX] };
        assert_eq!(stream.refusal(more).await, code::W_MEDIA_SIZE);
        // What came before the mistake counts, and the right bytes finish it.
        assert_eq!(stream.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 3 * 65_536 });
        assert_eq!(stream.send(&bytes, 3 * 65_536).await, Media::Done { sha256: file });
        assert_eq!(story.kept(), (1, size));
    });
}

#[test]
fn r80_wrong_bytes_are_forgotten_whole_and_the_right_ones_are_taken() {
    play(|mut story| async move {
        let (file, bytes) = ciphertext(150_000);
        let size = bytes.len() as u64;
        story.attach(file, 150_000).await;
        let mut stream = story.stream().await;
        let mut changed = bytes.clone();
        changed[100_000] ^= 1;
        let mut swapped = bytes.clone();
        swapped.rotate_left(65_536);
        for wrong in [changed, swapped] {
            assert_eq!(stream.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
            assert_eq!(stream.send(&wrong, 0).await, Media::Refuse { code: code::W_MEDIA_HASH.number });
            assert_eq!(story.kept(), (0, 0));
        }
        assert_eq!(stream.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
        assert_eq!(stream.send(&bytes, 0).await, Media::Done { sha256: file });
        assert_eq!(story.scene.server.admin(&["verify"]).unwrap()["ok"], true);
        // `verify` looks at the bytes and not at the row.
        let name = file.to_string();
        let place = story.scene.server.dir().join("media").join(&name[..2]).join(&name);
        std::fs::write(&place, b"something else").unwrap();
        let output = story.scene.server.admin_output(&["verify"]).unwrap();
        let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(verdict.to_string().contains("V.media"), "{verdict}");
    });
}

#[test]
fn r24_a_later_offer_takes_the_place_of_an_earlier_one_and_goes_on_from_its_bytes() {
    play(|mut story| async move {
        let (file, bytes) = ciphertext(300_000);
        let size = bytes.len() as u64;
        story.attach(file, 300_000).await;
        let (mut first, mut second) = (story.stream().await, story.stream().await);
        assert_eq!(first.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
        for at in 0..4 {
            let from = at * MEDIA_CHUNK_BYTES_MAX;
            first.say(Media::Chunk { offset: from as u64, bytes: bytes[from..from + 65_536].to_vec() }).await;
        }
        // The word that a quarter of a megabyte is on the disk: all four have been taken.
        assert_eq!(first.hear().await, Media::Have { offset: 4 * 65_536 });
        assert_eq!(second.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 4 * 65_536 });
        let late = Media::Chunk { offset: 4 * 65_536, bytes: bytes[4 * 65_536..].to_vec() };
        assert_eq!(first.refusal(late).await, code::W_MEDIA_TAKEN_OVER);
        assert_eq!(second.send(&bytes, 4 * 65_536).await, Media::Done { sha256: file });
    });
}

#[test]
fn r110_a_flag_stops_a_file_on_its_way_in_and_on_its_way_out() {
    play(|mut story| async move {
        let (file, bytes) = ciphertext(300_000);
        let size = bytes.len() as u64;
        story.attach(file, 300_000).await;
        let mut stream = story.stream().await;
        assert_eq!(stream.ask(Media::Offer { sha256: file, size }).await, Media::Have { offset: 0 });
        stream.say(Media::Chunk { offset: 0, bytes: bytes[..65_536].to_vec() }).await;
        story.flag(file).await;
        let next = Media::Chunk { offset: 65_536, bytes: bytes[65_536..131_072].to_vec() };
        assert_eq!(stream.refusal(next).await, code::R110_LOCKED);
        assert_eq!(stream.refusal(Media::Offer { sha256: file, size }).await, code::R110_LOCKED);
        assert_eq!(stream.refusal(Media::Fetch { sha256: file, from: 0 }).await, code::R110_LOCKED);
        // A flag about a file of another record locks nothing.
        let (other, bytes) = ciphertext(1_000);
        story.flag(other).await;
        story.attach(other, 1_000).await;
        let size = bytes.len() as u64;
        assert_eq!(stream.ask(Media::Offer { sha256: other, size }).await, Media::Have { offset: 0 });
        assert_eq!(stream.send(&bytes, 0).await, Media::Done { sha256: other });
    });
}

#[test]
fn r80_a_statement_that_names_no_file_is_refused_and_names_none() {
    play(|mut story| async move {
        let (file, bytes) = ciphertext(1_000);
        let honest = attachment(file, 1_000);
        let mut contents = Vec::new();
        for (name, value) in [
            ("sha256", signed::Value::text(file.to_string())),
            ("size", signed::Value::uint(honest.size + 1)),
            ("bytes", signed::Value::uint(u64::from(u32::MAX))),
            ("key", signed::Value::bytes([1; 16])),
            ("type", signed::Value::text("the list of names.jpg")),
        ] {
            let mut content = honest.content();
            content.insert(name.into(), value);
            contents.push(content);
        }
        for content in contents {
            let change = story.author.step_unchecked(story.id, "action", "attach", content);
            let sent = story.author.push(vec![Item { document: story.id, changes: vec![change] }]).await;
            let rest = &sent.receipt.outcomes[0].rest;
            assert_eq!(*rest, Rest::Refused { code: code::S_SHAPE.number, kept: true });
        }
        let mut stream = story.stream().await;
        let size = bytes.len() as u64;
        assert_eq!(stream.refusal(Media::Offer { sha256: file, size }).await, code::W_MEDIA_DENIED);
    });
}

/// The code a session ends with.
async fn end_of(session: &Session) -> u64 {
    let closed = tokio::time::timeout(PATIENCE, session.connection.closed()).await.expect("an end in time");
    match closed {
        quinn::ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
        other => panic!("{other}"),
    }
}

#[test]
fn what_does_not_belong_on_a_media_stream_ends_the_session_with_its_code() {
    play(|story| async move {
        // All of it: the server ends with the scene.
        let story = story;
        let chunk = Media::Chunk { offset: 0, bytes: vec![1] };
        for media in [chunk, Media::Have { offset: 0 }, Media::Done { sha256: MediaHash([1; 32]) }] {
            let session = story.stranger.connect().await;
            Stream::open(&session).await.say(media).await;
            assert_eq!(end_of(&session).await, u64::from(code::W_UNEXPECTED.number));
        }
        // Three beside the session at a time, and no more.
        let session = story.stranger.connect().await;
        let mut streams = Vec::new();
        for _ in 0..4 {
            let mut stream = Stream::open(&session).await;
            stream.say(Media::Offer { sha256: MediaHash([1; 32]), size: 1 }).await;
            streams.push(stream);
        }
        assert_eq!(end_of(&session).await, u64::from(code::W_RATE.number));
    });
}
