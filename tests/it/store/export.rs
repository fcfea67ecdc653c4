//! What people decided, as a data set: read back with the reader that `eval` uses.

use std::{collections::BTreeSet, fs, io::Cursor, path::Path};

use chrono::NaiveDate;
use streetwarden::{
    app::export::{Request, Summary, export},
    base::ThingId,
    detect::coco::Annotations,
    resolve::{Decision, Review},
    store::{Moment, Role},
};

use super::{case, close, item, open, opening, rejection};

const SITE: &str = r#"
[site]
name = "a street"
timezone = "Asia/Shanghai"
[rule.billboard]
dwell = "10m"
gone_after = "20m"
[[camera]]
id = "cam-1"
uri = "rtsp://192.0.2.1/stream"
position = { lon = 113.08, lat = 22.57, crs = "WGS84" }
"#;

fn jpeg(grey: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(100, 50, image::Rgb([grey; 3]));
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
    bytes
}

/// A site with a confirmed case of one still, a rejected one of two stills of which one is torn, and
/// one that nobody has decided on.
async fn site(dir: &Path) {
    fs::write(dir.join("site.toml"), SITE).unwrap();
    let store = open(&dir.join("data")).await;
    for (n, stills) in [(1, vec![jpeg(10)]), (2, vec![jpeg(20), b"torn".to_vec()]), (3, vec![])] {
        let (opened, thing) = (case(n), ThingId(n));
        for (second, bytes) in stills.iter().enumerate() {
            let still = item(Moment::Middle, Role::Picture, n * 10 + second as u64, bytes);
            store.evidence().keep(thing, &still).unwrap();
        }
        let rows = store.evidence().attach(thing, &opened.id, true).unwrap();
        store.commit(&opening(&opened, rows)).await.unwrap();
    }
    let yes = Review { decision: Decision::Confirmed, ..rejection() };
    store.review(&case(1).id, &yes, None).await.unwrap();
    store.review(&case(2).id, &rejection(), None).await.unwrap();
    close(store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decided_cases_become_a_data_set() {
    let dir = tempfile::tempdir().unwrap();
    site(dir.path()).await;
    let out = dir.path().join("out");
    let ask = |since: Option<&str>, force| {
        let since: Option<NaiveDate> = since.map(|day| day.parse().unwrap());
        let config = dir.path().join("site.toml");
        let request = Request { config, since, out: out.clone(), force };
        std::thread::spawn(move || export(&request)).join().unwrap()
    };

    let Summary { cases, confirmed, rejected, bad } = ask(None, false).unwrap();
    assert_eq!((cases, confirmed, rejected), (2, 1, 1));
    assert!(bad.len() == 1 && bad[0].contains("does not open"), "{bad:?}");

    let set = Annotations::load(&out.join("annotations.json")).unwrap();
    assert_eq!(set.pictures.len(), 2);
    for (picture, things) in set.pictures.iter().zip([1, 0]) {
        assert_eq!(picture.labelled, BTreeSet::from(["billboard".into()]));
        assert_eq!(picture.truths.iter().filter(|t| !t.ignore).count(), things);
        assert!(picture.truths.iter().any(|t| t.ignore), "what is not known is marked");
        assert_eq!(image::image_dimensions(out.join(&picture.file_name)).unwrap(), (100, 50));
    }
    let board = set.pictures[0].truths.iter().find(|t| !t.ignore).unwrap();
    let expected = [10.0, 10.0, 30.0, 20.0];
    assert!(board.corners.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{board:?}");
    for decision in ["confirmed", "rejected"] {
        let crops = fs::read_dir(out.join("crops/billboard").join(decision)).unwrap();
        assert_eq!(crops.count(), 1, "{decision}");
    }

    let there = ask(None, false).unwrap_err().to_string();
    assert!(there.contains("--force"), "{there}");
    ask(None, true).unwrap();
    // decided at 2026-05-11T00:01:00Z, which is the same day in Shanghai
    ask(Some("2026-05-11"), true).unwrap();
    let none = ask(Some("2026-05-12"), true).unwrap_err().to_string();
    assert!(none.contains("no case"), "{none}");
    assert!(out.join("annotations.json").is_file(), "a failed export leaves the old one");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing half-built is left: {left:?}");
}
