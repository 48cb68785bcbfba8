// The addresses of each name in the arguments as InetAddress finds them, one name a line; "none" if
// there are none. "-" stands for the names that standard input gives, one a line.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.UnknownHostException;

class Lookup {
  static void look(String name) {
    try {
      StringBuilder line = new StringBuilder();
      for (InetAddress address : InetAddress.getAllByName(name)) {
        line.append(address.getHostAddress()).append(' ');
      }
      System.out.println(line);
    } catch (UnknownHostException e) {
      System.out.println("none");
    }
  }

  public static void main(String[] names) {
    for (String name : names) {
      if (name.equals("-")) {
        new BufferedReader(new InputStreamReader(System.in)).lines().forEach(Lookup::look);
      } else {
        look(name);
      }
    }
  }
}
