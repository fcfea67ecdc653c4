-- What a second model said about the thing in a piece of evidence.

ALTER TABLE evidence ADD COLUMN
    second_look   TEXT    CHECK (second_look IS NULL OR json_valid(second_look)); -- {"first_score", "keep"}; null when there was none
