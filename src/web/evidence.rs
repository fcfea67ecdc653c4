//! The bytes of one piece of evidence. They leave only after their hash was checked again.

use axum::{
    extract::{Path, State as Shared},
    http::header,
    response::{IntoResponse, Response},
};

use super::{
    State,
    error::{ApiError, ErrorBody},
    view::{FileKind, file_name},
};
use crate::{base::CaseId, store::EvidenceRow};

/// What a piece of evidence is called outside: its case and its own id, so that asking for it reads
/// the rows of one case only.
pub fn public_id(row: &EvidenceRow) -> String {
    format!("{}.{}", row.case, row.id)
}

async fn find(state: &State, public: &str) -> Result<Option<EvidenceRow>, ApiError> {
    let Some((case, id)) = public.rsplit_once('.') else { return Ok(None) };
    let rows = state.store.evidence_of(&CaseId::new(case)).await?;
    Ok(rows.into_iter().find(|row| row.id == id))
}

/// The bytes of one piece of evidence, hash checked. The digest stands in the header
/// `x-evidence-sha256`, hexadecimal.
#[utoipa::path(get, path = "/api/v1/evidence/{id}", tag = "cases",
    params(("id" = String, Path, description = "evidence id")),
    responses((status = 200, description = "the bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 500, body = ErrorBody, description = "the file is missing or was altered; run fsck")))]
pub async fn bytes(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let row = find(&state, &id).await?.ok_or(ApiError::NotFound("evidence"))?;
    let bytes = state.store.evidence_bytes(&row).await?;
    let kind = FileKind::of(&row);
    let manner = if kind.inline { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, kind.content_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{manner}; filename=\"{}\"", file_name(&row))),
        (header::HeaderName::from_static("x-evidence-sha256"), row.sha256),
    ];
    Ok((headers, bytes).into_response())
}
