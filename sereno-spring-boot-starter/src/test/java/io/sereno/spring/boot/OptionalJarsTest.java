package io.sereno.spring.boot;

import io.sereno.testservers.ApplicationProcess;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An application starts without each of the optional jars, and with all others. */
class OptionalJarsTest {
    @ParameterizedTest(name = "without {0}")
    @CsvSource({
        "spring-boot-actuator spring-boot-health micrometer-core, org.springframework.boot.actuate.endpoint.annotation.Endpoint",
        "sereno-micrometer, io.sereno.micrometer.SerenoMetrics",
        "sereno-backend-etcd jetcd grpc, io.sereno.backend.etcd.EtcdBackendProvider",
        "sereno-backend-redis lettuce, io.sereno.backend.redis.RedisBackendProvider",
        "sereno-backend-zookeeper zookeeper curator, io.sereno.backend.zookeeper.ZooKeeperBackendProvider",
        "sereno-backend-postgresql postgresql, io.sereno.backend.postgresql.PostgresBackendProvider",
        "aspectjweaver, org.aspectj.weaver.Advice",
        "spring-web tomcat-embed, org.springframework.web.bind.annotation.RestController",
        "spring-tx spring-jdbc spring-boot-jdbc spring-boot-transaction, org.springframework.transaction.annotation.Transactional",
        "testcontainers spring-boot-testcontainers, org.testcontainers.containers.GenericContainer",
        "spring-boot-test spring-test junit, org.springframework.boot.test.context.SpringBootTest",
    })
    void anApplicationStarts(String jars, String absent) throws Exception {
        try (ApplicationProcess application = ApplicationProcess.start(
                SmallApplication.class,
                List.of(jars.split(" ", -1)),
                List.of("-Dabsent=" + absent),
                "--sereno.uri=memory:",
                "--spring.main.web-application-type=none",
                "--spring.main.banner-mode=off",
                "--logging.level.root=off")) {
            application.await("visit 1 without " + absent);
            application.end();
        }
    }
}
