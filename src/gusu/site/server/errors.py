"""What can stop a city from starting, each with what to do next."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class CityIsRunning(GusuError):
    """Another process holds this data folder."""

    status, code = 409, "city_is_running"
    says = Text(
        "数据目录 {data} 正由进程 {pid} 使用。请先执行 ./gusu down，或用 --data 指定另一目录。",
        "The data folder {data} is in use by process {pid}. Run ./gusu down first, or choose another with --data DIR.",
    )


class PortIsBusy(GusuError):
    """Something else listens where the web server would."""

    status, code = 409, "port_is_busy"
    says = Text(
        "端口 {port} 已被占用。请用 --port 指定其他端口（--port 0 自动选择）。",
        "Port {port} is in use. Choose another with --port N (--port 0 picks a free one).",
    )


class DatabaseDidNotStart(GusuError):
    """The embedded PostgreSQL gave up; its own last words are in `reason`."""

    status, code = 500, "database_did_not_start"
    says = Text(
        "内置数据库未能启动：{reason}。日志：{log}", "The embedded database did not start: {reason}. Its log: {log}"
    )


class DatabaseIsElsewhere(GusuError):
    """The running city uses a server of the administrator's, whose address is not kept on disk."""

    status, code = 409, "database_is_elsewhere"
    says = Text(
        "本城市使用外部数据库。请像启动时一样设置 DATABASE_URL。",
        "This city runs on a database server of yours. Set DATABASE_URL as you did for ./gusu up.",
    )


class NoDatabase(GusuError):
    """DATABASE_URL leads nowhere."""

    status, code = 503, "no_database"
    says = Text(
        "无法连接数据库：{reason}。请检查 DATABASE_URL，并执行 ./gusu doctor。",
        "The database cannot be reached: {reason}. Check DATABASE_URL and run ./gusu doctor.",
    )


class PreparationFailed(GusuError):
    """Migrations, packs or static files; the lines printed above say which."""

    status, code = 500, "preparation_failed"
    says = Text(
        "准备工作失败，原因见上文。修正后重新执行即可继续。",
        "Preparing the city failed; the lines above say why. Put it right and run this again.",
    )


class CityDidNotBecomeReady(GusuError):
    """The processes run but /healthz never said 200."""

    status, code = 500, "city_did_not_become_ready"
    says = Text("城市在 {seconds} 秒内未就绪：{reason}", "The city was not ready within {seconds} s: {reason}")


class RestoreUnfinished(GusuError):
    """A restore was cut off, so database and lake do not belong together yet."""

    status, code = 409, "restore_unfinished"
    says = Text(
        "上次恢复未完成。请重新执行 ./gusu restore {file} --yes。",
        "A restore was interrupted. Run ./gusu restore {file} --yes again to finish it.",
    )


class RunAsSomeoneElse(GusuError):
    """PostgreSQL refuses to run as root, and no other user can be made here."""

    status, code = 409, "run_as_someone_else"
    says = Text(
        "PostgreSQL 不以 root 身份运行，且无法创建系统用户 {user}（{reason}）。请以普通用户运行，或设置 DATABASE_URL。",
        "PostgreSQL does not run as root and the system user {user} could not be made ({reason}). "
        "Run as a normal user, or set DATABASE_URL.",
    )


class BackupExists(GusuError):
    """A backup is never overwritten."""

    status, code = 409, "backup_exists"
    says = Text("{file} 已存在。请换一个文件名。", "{file} exists already. Choose another name.")


class BackupFailed(GusuError):
    """Something the backup must contain could not be read whole."""

    status, code = 500, "backup_failed"
    says = Text("备份未完成，未留下文件：{reason}", "The backup was not made and no file was left: {reason}")


class BackupIsDamaged(GusuError):
    """A checksum differs, or something is missing; nothing has been touched."""

    status, code = 422, "backup_is_damaged"
    says = Text(
        "{file} 已损坏或不是备份文件（{reason}）。未作任何改动，请使用另一份备份。",
        "{file} is damaged or not a backup ({reason}). Nothing was changed; use another copy.",
    )


class CityIsNotEmpty(GusuError):
    """A restore would replace a city that is here."""

    status, code = 409, "city_is_not_empty"
    says = Text(
        "{data} 中已有城市，恢复将替换它。确认请加 --yes。",
        "There is a city in {data} already and a restore replaces it. Say --yes to do so.",
    )


class RestoreFailed(GusuError):
    """The database refused the dump; its transaction was rolled back."""

    status, code = 500, "restore_failed"
    says = Text("恢复失败：{reason}。数据库未改动。", "The restore failed: {reason}. The database is as it was.")


class NoClientPrograms(GusuError):
    """The server is newer than the programs we bring."""

    status, code = 409, "no_client_programs"
    says = Text(
        "数据库版本为 PostgreSQL {server}，需要同版本或更新的 {program}。"
        "请安装 postgresql-client-{server} 并确保其在 PATH 中。",
        "The server is PostgreSQL {server} and needs a {program} at least as new. "
        "Install postgresql-client-{server} so that it is on the PATH.",
    )
