// Asks 127.0.0.1:PORT by the JDK's DNS client, and prints what it understood.
import java.util.Hashtable;
import javax.naming.NameNotFoundException;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

public class Resolve {
  static String ask(DirContext context, String name, String type) throws Exception {
    return context.getAttributes(name, new String[] {type}).get(type).get().toString();
  }

  public static void main(String[] arguments) throws Exception {
    Hashtable<String, String> environment = new Hashtable<>();
    environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
    environment.put("java.naming.provider.url", "dns://127.0.0.1:" + arguments[0]);
    DirContext context = new InitialDirContext(environment);
    System.out.println("A " + ask(context, "redis.svc.mesh.local", "A"));
    System.out.println("SRV " + ask(context, "_main._tcp.redis.svc.mesh.local", "SRV"));
    try {
      ask(context, "nope.svc.mesh.local", "A");
    } catch (NameNotFoundException e) {
      System.out.println("NXDOMAIN");
    }
  }
}
