"""What the demonstration departments refuse."""

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text


class NotBuilt(GusuError):
    """There is no finished build to go on with."""

    status, code = 409, "demo_not_built"
    says = Text(
        "还没有建成的演示部门系统。请先运行 ./gusu demo --people 人数 --seed 种子。",
        "There are no finished demo departments. Run ./gusu demo --people N --seed S first.",
    )


class NotInARealCity(GusuError):
    """GUSU_DEMO=0."""

    status, code = 403, "demo_in_a_real_city"
    says = Text(
        "本城市设置为正式环境（GUSU_DEMO=0），不生成演示数据。请在演示环境运行。",
        "This is a real city (GUSU_DEMO=0): no invented people are made here. Run it in a demonstration city.",
    )


class TooMany(GusuError):
    """More, or fewer, people than numbers without repetition allow."""

    status, code = 422, "demo_people"
    says = Text(
        "演示人数应为 {least} 至 {most}，收到 {people}。请调整 --people。",
        "The number of invented people must be from {least} to {most}, not {people}. Change --people.",
    )


class NoRole(GusuError):
    """The database server lets us make no role."""

    status, code = 409, "demo_no_role"
    says = Text(
        "数据库不允许创建角色“{role}”。请由管理员赋予 CREATEROLE 权限，或先行创建该角色并赋予我方管理权，再重试。",
        "The database lets us make no role '{role}'. Give our role CREATEROLE, or create that one "
        "and let us administer it, then try again.",
    )


class UnreadableList(GusuError):
    """The list of what is to be put right is not the file the platform gives out."""

    status, code = 422, "demo_list"
    says = Text(
        "清单“{file}”无法读取：{why}。请使用平台问题数据页面下载的 CSV 文件。",
        "The list '{file}' cannot be read: {why}. Use the CSV that the platform's page of kept-out rows gives.",
    )


class UnknownResource(GusuError):
    """No demo department holds it."""

    status, code = 404, "demo_resource"
    says = Text(
        "演示部门没有资源“{resource}”。可选：{known}。", "No demo department holds '{resource}'. There are: {known}."
    )
