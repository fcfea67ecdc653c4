-- Which model a person switched to, newest last.

CREATE TABLE model_choice (
    id            INTEGER NOT NULL PRIMARY KEY,              -- order of choices
    name          TEXT    NOT NULL,                          -- folder of the model's card
    version       TEXT    NOT NULL,                          -- its version then
    sha256        TEXT    NOT NULL CHECK (length(sha256) = 64), -- of the model file then
    configured    TEXT    NOT NULL,                          -- folder of the card the settings named then
    by            TEXT    NOT NULL CHECK (by <> ''),         -- the person
    at            INTEGER NOT NULL                           -- when
) STRICT;
