"""The worker process: jobs from the queue, and the chores of every second."""

from gusu.site.server import lifeline


def main() -> None:
    lifeline.hold()
    import django  # not before the lifeline holds

    django.setup()
    from gusu.kernel.jobs import worker  # its models need the set-up above

    worker.run()


if __name__ == "__main__":
    main()
