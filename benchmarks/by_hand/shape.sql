-- What the departments gave, now files at $place, in normal form. The script fills in what begins with a dollar.

CREATE MACRO moment_of(said) AS
    epoch(coalesce(TRY_CAST(left(said, 19) AS TIMESTAMP), gusu_date(said)::TIMESTAMP))::BIGINT;

-- Records in their normal form, in the order they were read.
CREATE TABLE police AS
SELECT CASE WHEN gusu_clean(RYBH) IS NOT NULL AND gusu_clean(GXSJ) IS NOT NULL
        THEN gusu_resident_number(GMSFHM) END AS number,
    RYBH AS record, moment_of(GXSJ) AS moment,
    gusu_person_name(XM) AS name, gusu_person_name(CYM) AS former_name, gusu_clean(XB) AS sex,
    gusu_date(CSRQ)::VARCHAR AS birth_date, gusu_clean(MZ) AS nationality, gusu_clean(JGSSX) AS native_place,
    gusu_clean(HH) AS household, gusu_clean(YHZGX) AS household_relation, gusu_clean(HYZK) AS marital_status,
    gusu_clean(WHCD) AS education, gusu_clean(ZY) AS occupation, gusu_clean(ZZ) AS address,
    gusu_clean(XZQH) AS division, gusu_clean(ZXBS) AS household_state
FROM read_csv('$place/police.csv', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
    columns = {RYBH: 'VARCHAR', GMSFHM: 'VARCHAR', XM: 'VARCHAR', CYM: 'VARCHAR', XB: 'VARCHAR', CSRQ: 'VARCHAR',
        MZ: 'VARCHAR', JGSSX: 'VARCHAR', HH: 'VARCHAR', YHZGX: 'VARCHAR', HYZK: 'VARCHAR', WHCD: 'VARCHAR',
        ZY: 'VARCHAR', ZZ: 'VARCHAR', XZQH: 'VARCHAR', ZXBS: 'VARCHAR', GXSJ: 'VARCHAR'});

CREATE TABLE insured AS
SELECT CASE WHEN gusu_clean(个人编号) IS NOT NULL AND gusu_clean(更新日期) IS NOT NULL
        THEN gusu_resident_number(社会保障号码) END AS number,
    个人编号 AS record, moment_of(更新日期) AS moment,
    gusu_person_name(姓名) AS name, gusu_clean(CASE 性别 WHEN '男' THEN '1' WHEN '女' THEN '2' ELSE 性别 END) AS sex,
    gusu_date(出生日期)::VARCHAR AS birth_date, gusu_clean(个人编号) AS insurance_number,
    gusu_clean(CASE 参保状态 WHEN '正常参保' THEN 'active' WHEN '暂停参保' THEN 'suspended' WHEN '终止参保' THEN 'ended'
        WHEN '离退休' THEN 'retired' ELSE 参保状态 END) AS insurance_state,
    gusu_clean(单位名称) AS employer, gusu_digits(手机号码) AS phone, gusu_clean(联系地址) AS address
FROM read_csv('$place/insured.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
    columns = {个人编号: 'VARCHAR', 姓名: 'VARCHAR', 社会保障号码: 'VARCHAR', 性别: 'VARCHAR', 出生日期: 'VARCHAR',
        参保状态: 'VARCHAR', 单位名称: 'VARCHAR', 手机号码: 'VARCHAR', 联系地址: 'VARCHAR', 更新日期: 'VARCHAR'});

CREATE TABLE health AS
SELECT CASE WHEN gusu_clean(recordNo) IS NOT NULL AND gusu_clean(updatedAt) IS NOT NULL
        THEN gusu_resident_number(idNo) END AS number,
    recordNo AS record, moment_of(updatedAt) AS moment,
    gusu_person_name(name) AS name, gusu_clean(gender) AS sex, gusu_date(birth)::VARCHAR AS birth_date,
    gusu_digits(phone) AS phone, gusu_clean(address) AS address, gusu_clean(recordNo) AS health_record,
    gusu_clean(bloodType) AS blood_type, gusu_clean(clinic) AS clinic, gusu_clean(allergy) AS allergy
FROM read_json('$place/health.json', format = 'newline_delimited',
    columns = {recordNo: 'VARCHAR', name: 'VARCHAR', idNo: 'VARCHAR', gender: 'VARCHAR', birth: 'VARCHAR',
        phone: 'VARCHAR', address: 'VARCHAR', bloodType: 'VARCHAR', clinic: 'VARCHAR', allergy: 'VARCHAR',
        updatedAt: 'VARCHAR'}) AS said;

CREATE TABLE elderly AS
SELECT gusu_resident_number(id) AS number, moment_of(since) AS moment, gusu_person_name(said.name) AS name,
    gusu_date(birth)::VARCHAR AS birth_date, gusu_digits(said.phone) AS phone, gusu_clean(said.address) AS address,
    gusu_clean(allowance) AS elderly_allowance, gusu_date(since)::VARCHAR AS allowance_since
FROM read_csv('$place/elderly.csv', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
    columns = {row: 'VARCHAR', name: 'VARCHAR', id: 'VARCHAR', birth: 'VARCHAR', phone: 'VARCHAR',
        address: 'VARCHAR', allowance: 'VARCHAR', since: 'VARCHAR'}) AS said
WHERE number IS NOT NULL;

CREATE TABLE deaths AS
SELECT gusu_resident_number(id) AS number, moment_of(registered) AS moment, gusu_person_name(said.name) AS name,
    gusu_date(died)::VARCHAR AS death_date, gusu_clean(cause) AS death_cause
FROM read_csv('$place/deaths.csv', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
    columns = {row: 'VARCHAR', name: 'VARCHAR', id: 'VARCHAR', died: 'VARCHAR', cause: 'VARCHAR',
        registered: 'VARCHAR'}) AS said
WHERE number IS NOT NULL;

CREATE TABLE marriages AS
SELECT gusu_resident_number(his_id) AS his_number, gusu_resident_number(her_id) AS her_number,
    gusu_person_name(his_name) AS him, gusu_person_name(her_name) AS her, moment_of(registered) AS moment,
    gusu_date(registered)::VARCHAR AS marriage_date,
    gusu_clean(CASE kind WHEN '结婚' THEN '20' WHEN '离婚' THEN '40' ELSE kind END) AS marital_status
FROM read_csv('$place/marriages.csv', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
    columns = {row: 'VARCHAR', his_name: 'VARCHAR', his_id: 'VARCHAR', her_name: 'VARCHAR', her_id: 'VARCHAR',
        kind: 'VARCHAR', registered: 'VARCHAR'})
WHERE his_number IS NOT NULL AND her_number IS NOT NULL
    AND gusu_clean(kind) IN ('结婚', '离婚', 'married', 'divorced');

CREATE TABLE men AS SELECT his_number AS number, moment, him AS name, marriage_date, marital_status FROM marriages;
CREATE TABLE women AS SELECT her_number AS number, moment, her AS name, marriage_date, marital_status FROM marriages;

-- Who has no number, no key or no date stays out. A key stands once: the first record keeps it.
DELETE FROM police WHERE number IS NULL;
DELETE FROM insured WHERE number IS NULL;
DELETE FROM health WHERE number IS NULL;
DELETE FROM insured USING (
    SELECT record, min(rowid) AS first FROM insured GROUP BY record HAVING count(*) > 1) AS twice
WHERE insured.record = twice.record AND insured.rowid > twice.first;
DELETE FROM health USING (
    SELECT record, min(rowid) AS first FROM health GROUP BY record HAVING count(*) > 1) AS twice
WHERE health.record = twice.record AND health.rowid > twice.first;
