from pathlib import Path

import pytest

from config.launcher.cluster import Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    data = tmp_path / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")
    return Cluster(data)


def test_loaded_demo_stays(cluster: Cluster) -> None:
    with cluster.loading_demo():
        pass
    assert cluster.set_aside_unfinished() is False
    assert cluster.data.is_dir()


def test_interrupted_demo_is_set_aside_and_not_deleted(cluster: Cluster) -> None:
    with pytest.raises(KeyboardInterrupt), cluster.loading_demo():
        raise KeyboardInterrupt
    assert cluster.set_aside_unfinished() is True
    assert not cluster.data.exists()
    aside = cluster.data.with_name("data.unfinished")
    assert (aside / "PG_VERSION").read_text() == "18\n"


def test_cluster_without_a_demo_is_never_set_aside(cluster: Cluster) -> None:
    cluster.migrated.touch()
    assert cluster.set_aside_unfinished() is False
    assert cluster.migrated.exists()
