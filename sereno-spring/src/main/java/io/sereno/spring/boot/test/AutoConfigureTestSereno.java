package io.sereno.spring.boot.test;

import io.sereno.spring.boot.SerenoAutoConfiguration;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Gives each application context of a test a store of its own, inside the JVM, in the place of the one that the
 * properties or a container name. For use beside {@code @SpringBootTest} or a slice. Needs
 * {@code io.sereno:sereno-backend-memory}.
 *
 * <pre>{@code
 * @SpringBootTest
 * @AutoConfigureTestSereno
 * class ReportsTest {
 *     @Value("${sereno.uri}")
 *     private String uri;
 *
 *     @Test
 *     void oneReportAtATime(@Autowired Reports reports) throws Exception {
 *         try (Sereno other = Sereno.connect(uri); Grant grant = other.mutex("report").acquire()) {
 *             assertFalse(reports.writeIfFree());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>The property {@code sereno.uri} has the address of that store, so that a test can connect a second client, which
 * stands for another process. {@code sereno.user}, {@code sereno.password}, {@code sereno.ssl.*},
 * {@code sereno.namespace} and {@code sereno.require} are ignored; all other properties stay in force. Tests that share a
 * cached context share its store. The store ends with its last client.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ImportAutoConfiguration(SerenoAutoConfiguration.class)
public @interface AutoConfigureTestSereno {}
