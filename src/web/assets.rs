//! The page's own files, embedded. Not what it shows: that it asks of the API.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

const INDEX: &str = include_str!("../../web/index.html");
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! file {
    ($path:literal, $kind:expr) => {
        ($path, $kind, include_str!(concat!("../../web/", $path)))
    };
}

/// Path below /assets, content type, content.
const FILES: &[(&str, &str, &str)] = &[
    file!("style.css", CSS),
    file!("parts.css", CSS),
    file!("icon.svg", SVG),
    file!("js/api.js", JS),
    file!("js/ask.js", JS),
    file!("js/cameras.js", JS),
    file!("js/desk.js", JS),
    file!("js/detail.js", JS),
    file!("js/dom.js", JS),
    file!("js/format.js", JS),
    file!("js/header.js", JS),
    file!("js/keys.js", JS),
    file!("js/list.js", JS),
    file!("js/main.js", JS),
    file!("js/map.js", JS),
    file!("js/models.js", JS),
    file!("js/pictures.js", JS),
    file!("js/review.js", JS),
    file!("js/spots.js", JS),
    file!("js/text-en.js", JS),
    file!("js/text-zh.js", JS),
    file!("js/text.js", JS),
    file!("js/thumbnail.js", JS),
    file!("js/token.js", JS),
];

/// The page.
pub async fn index() -> Response {
    answer("text/html; charset=utf-8", INDEX)
}

/// One of its files.
pub async fn asset(Path(path): Path<String>) -> Result<Response, ApiError> {
    let found = FILES.iter().find(|(name, ..)| *name == path);
    found.map(|(_, kind, content)| answer(kind, content)).ok_or(ApiError::NoRoute)
}

/// Asked for anew after every update of the program: the files' names stay the same.
fn answer(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_a_module_imports_is_embedded() {
        for (name, _, content) in FILES.iter().filter(|(_, kind, _)| *kind == JS) {
            for part in content.split(" from \"./").skip(1) {
                let wanted = format!("js/{}", part.split('"').next().unwrap());
                assert!(FILES.iter().any(|(n, ..)| *n == wanted), "{name} imports {wanted}");
            }
        }
    }

    #[test]
    fn nothing_is_asked_of_another_host() {
        for (name, _, content) in FILES.iter().chain([&("index.html", "", INDEX)]) {
            let outside = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("http://") && !outside.contains("https://"), "{name}");
        }
    }

    #[test]
    fn both_languages_have_the_same_words() {
        let keys = |text: &str| {
            let mut found: Vec<String> = text
                .split('"')
                .collect::<Vec<_>>()
                .windows(2)
                .filter(|pair| pair[1].starts_with(':'))
                .map(|pair| pair[0].to_owned())
                .collect();
            found.sort();
            found
        };
        let content = |wanted: &str| FILES.iter().find(|(n, ..)| *n == wanted).unwrap().2;
        let (en, zh) = (keys(content("js/text-en.js")), keys(content("js/text-zh.js")));
        assert!(en.len() > 100);
        assert_eq!(en, zh);
    }
}
