"""What users of influxdb3-python do with a server that has a certificate of their own."""

from calling import main
from influxdb_client_3 import SYNCHRONOUS, InfluxDBClient3, write_client_options


def both_ways(place):
    """Writes over HTTP and queries over Flight, both with TLS."""
    url, authority = place.split("|")
    options = write_client_options(write_options=SYNCHRONOUS)
    settings = {"token": "token", "database": "db", "write_client_options": options}
    with InfluxDBClient3(host=url, ssl_ca_cert=authority, **settings) as db:
        db.write("cpu,host=a usage=0.5 1704067200000000000")
        assert db.query("SELECT host, usage FROM cpu").to_pylist() == [{"host": "a", "usage": 0.5}]


if __name__ == "__main__":
    main(globals())
