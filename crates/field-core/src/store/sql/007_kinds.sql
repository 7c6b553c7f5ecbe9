-- Absences, trainings and a list of one kind are found without reading every record there is.
CREATE INDEX record_kind ON record (kind, recorded_at, number);
