-- One golden record a person. $u and $r part the fields and the records of what the sources say, $t those of a line.

-- Of each source its newest word about a person counts, and where two are as new the later; the others are only told.
CREATE VIEW by_police AS SELECT *, rowid AS place,
    concat('A', '$u', record, '$u', moment, '$u', name, '$u', former_name, '$u', sex, '$u', birth_date, '$u',
        nationality, '$u',
        native_place, '$u', household, '$u', household_relation, '$u', marital_status, '$u', education, '$u',
        occupation,
        '$u', address, '$u', division, '$u', household_state) AS said FROM police;
CREATE VIEW by_insured AS SELECT *, rowid AS place,
    concat('B', '$u', record, '$u', moment, '$u', name, '$u', sex, '$u', birth_date, '$u', insurance_number, '$u',
        insurance_state, '$u', employer, '$u', phone, '$u', address) AS said FROM insured;
CREATE VIEW by_elderly AS SELECT *, rowid AS place,
    concat('C', '$u', number, '$u', moment, '$u', name, '$u', birth_date, '$u', phone, '$u', address, '$u',
        elderly_allowance,
        '$u', allowance_since) AS said FROM elderly;
CREATE VIEW by_deaths AS SELECT *, rowid AS place,
    concat('D', '$u', number, '$u', moment, '$u', name, '$u', death_date, '$u', death_cause) AS said FROM deaths;
CREATE VIEW by_men AS SELECT *, rowid AS place,
    concat('E', '$u', number, '$u', moment, '$u', name, '$u', marriage_date, '$u', marital_status) AS said FROM men;
CREATE VIEW by_women AS SELECT *, rowid AS place,
    concat('F', '$u', number, '$u', moment, '$u', name, '$u', marriage_date, '$u', marital_status) AS said FROM women;
CREATE VIEW by_health AS SELECT *, rowid AS place,
    concat('G', '$u', record, '$u', moment, '$u', name, '$u', sex, '$u', birth_date, '$u', phone, '$u', address, '$u',
        health_record, '$u', blood_type, '$u', clinic, '$u', allergy) AS said FROM health;

CREATE TABLE older AS
SELECT 1 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, record DESC) AS nth
FROM by_police WHERE number IN (SELECT number FROM police GROUP BY number HAVING count(*) > 1)
UNION ALL
SELECT 2 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, place DESC) AS nth
FROM by_insured WHERE number IN (SELECT number FROM insured GROUP BY number HAVING count(*) > 1)
UNION ALL
SELECT 3 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, place DESC) AS nth
FROM by_elderly WHERE number IN (SELECT number FROM elderly GROUP BY number HAVING count(*) > 1)
UNION ALL
SELECT 4 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, place DESC) AS nth
FROM by_deaths WHERE number IN (SELECT number FROM deaths GROUP BY number HAVING count(*) > 1)
UNION ALL
SELECT 5 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, place DESC) AS nth
FROM by_men WHERE number IN (SELECT number FROM men GROUP BY number HAVING count(*) > 1)
UNION ALL
SELECT 6 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, place DESC) AS nth
FROM by_women WHERE number IN (SELECT number FROM women GROUP BY number HAVING count(*) > 1)
UNION ALL
SELECT 7 AS source, number, place, said,
    row_number() OVER (PARTITION BY number ORDER BY moment DESC NULLS LAST, place DESC) AS nth
FROM by_health WHERE number IN (SELECT number FROM health GROUP BY number HAVING count(*) > 1);
DELETE FROM older WHERE nth = 1;
DELETE FROM police WHERE rowid IN (SELECT place FROM older WHERE source = 1);
DELETE FROM insured WHERE rowid IN (SELECT place FROM older WHERE source = 2);
DELETE FROM elderly WHERE rowid IN (SELECT place FROM older WHERE source = 3);
DELETE FROM deaths WHERE rowid IN (SELECT place FROM older WHERE source = 4);
DELETE FROM men WHERE rowid IN (SELECT place FROM older WHERE source = 5);
DELETE FROM women WHERE rowid IN (SELECT place FROM older WHERE source = 6);
DELETE FROM health WHERE rowid IN (SELECT place FROM older WHERE source = 7);
CREATE TABLE told AS SELECT number, string_agg(said, '$r' ORDER BY source, nth) AS said FROM older GROUP BY number;

-- Who wins each element, by trust; among equals the newest, then the order named.
CREATE MACRO newer(one, said, moment, other, its, its_moment) AS CASE
    WHEN said IS NOT NULL AND (its IS NULL OR coalesce(moment, 0) >= coalesce(its_moment, 0)) THEN one
    WHEN its IS NOT NULL THEN other ELSE '-' END;
CREATE MACRO newest(a, a_said, a_moment, b, b_said, b_moment, c, c_said, c_moment) AS CASE
    WHEN c_said IS NOT NULL AND (a_said IS NULL OR coalesce(c_moment, 0) > coalesce(a_moment, 0))
        AND (b_said IS NULL OR coalesce(c_moment, 0) > coalesce(b_moment, 0)) THEN c
    ELSE newer(a, a_said, a_moment, b, b_said, b_moment) END;
CREATE MACRO alone(said, source) AS if(said IS NULL, '-', source);

CREATE VIEW chosen AS
SELECT number, number AS id_number,
    CASE WHEN p.number IS NOT NULL THEN 'A'
        WHEN i.number IS NOT NULL OR h.number IS NOT NULL
        THEN newer('B', i.number, i.moment, 'G', h.number, h.moment)
        WHEN e.number IS NOT NULL AND coalesce(e.moment, 0) >= greatest(d.moment, m.moment, w.moment, 0) THEN 'C'
        ELSE newest('D', d.number, d.moment, 'E', m.number, m.moment, 'F', w.number, w.moment) END AS w_id_number,
    CASE WHEN p.name IS NOT NULL THEN 'A'
        WHEN i.name IS NOT NULL OR h.name IS NOT NULL THEN newer('B', i.name, i.moment, 'G', h.name, h.moment)
        WHEN e.name IS NOT NULL AND (d.name IS NULL OR coalesce(e.moment, 0) >= coalesce(d.moment, 0))
            AND (m.name IS NULL OR coalesce(e.moment, 0) >= coalesce(m.moment, 0))
            AND (w.name IS NULL OR coalesce(e.moment, 0) >= coalesce(w.moment, 0)) THEN 'C'
        ELSE newest('D', d.name, d.moment, 'E', m.name, m.moment, 'F', w.name, w.moment) END AS w_name,

       CASE w_name WHEN 'A' THEN p.name WHEN 'B' THEN i.name WHEN 'C' THEN e.name WHEN 'D' THEN d.name WHEN 'E' THEN m.name
        WHEN 'F' THEN w.name WHEN 'G' THEN h.name END AS name,
    p.former_name,
    CASE WHEN p.sex IS NOT NULL THEN 'A' ELSE newer('B', i.sex, i.moment, 'G', h.sex, h.moment) END AS w_sex,
    CASE w_sex WHEN 'A' THEN p.sex WHEN 'B' THEN i.sex WHEN 'G' THEN h.sex END AS sex,
    CASE WHEN p.birth_date IS NOT NULL THEN 'A'
        WHEN i.birth_date IS NOT NULL OR h.birth_date IS NOT NULL
        THEN newer('B', i.birth_date, i.moment, 'G', h.birth_date, h.moment)
        WHEN e.birth_date IS NOT NULL THEN 'C' ELSE '-' END AS w_birth_date,
    CASE w_birth_date WHEN 'A' THEN p.birth_date WHEN 'B' THEN i.birth_date WHEN 'C' THEN e.birth_date
        WHEN 'G' THEN h.birth_date END AS birth_date,
    p.nationality, p.native_place, p.household, p.household_relation,
    newest('A', p.marital_status, p.moment, 'E', m.marital_status, m.moment, 'F', w.marital_status, w.moment)
        AS w_marital_status,
    CASE w_marital_status WHEN 'A' THEN p.marital_status WHEN 'E' THEN m.marital_status WHEN 'F' THEN w.marital_status
        END AS marital_status,
    p.education, p.occupation,
    CASE WHEN p.address IS NOT NULL THEN 'A'
        ELSE newest('B', i.address, i.moment, 'G', h.address, h.moment, 'C', e.address, e.moment) END AS w_address,
    CASE w_address WHEN 'A' THEN p.address WHEN 'B' THEN i.address WHEN 'C' THEN e.address WHEN 'G' THEN h.address
        END AS address,
    p.division, p.household_state,
    newest('B', i.phone, i.moment, 'G', h.phone, h.moment, 'C', e.phone, e.moment) AS w_phone,
    CASE w_phone WHEN 'B' THEN i.phone WHEN 'C' THEN e.phone WHEN 'G' THEN h.phone END AS phone,
    i.insurance_number, i.insurance_state, i.employer,
    h.health_record, h.blood_type, h.clinic, h.allergy, e.elderly_allowance, e.allowance_since,
    d.death_date, d.death_cause,
    newer('E', m.marriage_date, m.moment, 'F', w.marriage_date, w.moment) AS w_marriage_date,
    CASE w_marriage_date WHEN 'E' THEN m.marriage_date WHEN 'F' THEN w.marriage_date END AS marriage_date,
    if(d.death_date IS NOT NULL AND i.insurance_state = 'active', 1, 0)
        + if(d.death_date IS NOT NULL AND p.household_state = '0', 2, 0)
        + if(p.address <> i.address OR p.address <> h.address OR i.address <> h.address, 4, 0)
        + if(p.name <> i.name OR p.name <> h.name OR i.name <> h.name, 8, 0) AS doubts,
    concat_ws('$r', p.said, i.said, e.said, d.said, m.said, w.said, h.said, told.said) AS said
FROM by_police AS p FULL JOIN by_insured AS i USING (number) FULL JOIN by_health AS h USING (number)
    FULL JOIN by_elderly AS e USING (number) FULL JOIN by_deaths AS d USING (number)
    FULL JOIN by_men AS m USING (number) FULL JOIN by_women AS w USING (number) LEFT JOIN told USING (number);

-- A line for COPY, with nothing for no value, and what the record adds to the digest.
CREATE TABLE golden AS
SELECT sha256(concat('$salt', subject, '$t', shown, '$t', rest, '$t', won)) AS weight,
    concat(subject, '$t', replace(shown, '\', '\\'), '$t', phone_blind, '$t', household_blind, '$t', won, '$t', doubts,
        '$t', said) AS line
FROM (
    SELECT ($subject)::VARCHAR AS subject, $blind, doubts, said,
        concat(name, '$t', former_name, '$t', sex, '$t', nationality, '$t', native_place, '$t', household_relation,
            '$t', marital_status, '$t', education, '$t', occupation, '$t', division, '$t', household_state, '$t',
            insurance_state, '$t', employer, '$t', clinic, '$t', elderly_allowance, '$t', allowance_since,
            repeat('$t', 3)) AS shown,  -- home_division, residence_since and residence_permit_until: of nobody here
        concat(id_number, '$t', birth_date, '$t', household, '$t', address, '$t', phone, '$t', insurance_number, '$t',
            health_record, '$t', blood_type, '$t', allergy, '$t', death_date, '$t', death_cause, '$t',
            marriage_date, repeat('$t', 2)) AS rest,  -- residence_permit and senior_card: of nobody here
        concat(w_id_number, w_name, alone(former_name, 'A'), w_sex, w_birth_date, alone(nationality, 'A'),
            alone(native_place, 'A'), alone(household, 'A'), alone(household_relation, 'A'), w_marital_status,
            alone(education, 'A'), alone(occupation, 'A'), w_address, alone(division, 'A'),
            alone(household_state, 'A'), w_phone, alone(insurance_number, 'B'), alone(insurance_state, 'B'),
            alone(employer, 'B'), alone(health_record, 'G'), alone(blood_type, 'G'), alone(clinic, 'G'),
            alone(allergy, 'G'), alone(elderly_allowance, 'C'), alone(allowance_since, 'C'), alone(death_date, 'D'),
            alone(death_cause, 'D'), w_marriage_date, repeat('-', 5)) AS won
    FROM chosen);
